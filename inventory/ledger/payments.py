"""Every payment that a provider confirmed, and what became of it.

A payment is recorded before the reservation engine hears of it and before the provider's webhook is
answered; whatever happens then, an unsettled row remains to be settled. The first record of a
payment stands: a retry with another amount or hold changes nothing. An outcome that asks for the
money to go back is written together with the refund that does so.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
from sqlalchemy import Connection, Engine, Table, func, or_, select, tuple_

from inventory.codes import Outcome
from inventory.hold import HoldState
from inventory.ledger.engine import insert, reading, writing
from inventory.ledger.refunds import BY_PROVIDER, Refund, add_refunds, refund_id_of
from inventory.ledger.tables import orders, payments, refunds, rooms
from inventory.payments.port import RefundState

LISTED_MAX = 1_000  # of what is wrong or waiting in a room

ORPHAN = "ORPHAN"  # the outcome of a payment for a hold that nobody knows: to be refunded
PAID_BACK = "PAID_BACK"  # the provider had paid it back before we heard of it: nothing is due

TO_PAY_BACK = (Outcome.REFUND_DUE.value, Outcome.SECOND_PAYMENT.value, ORPHAN)
_FULFILLED = (Outcome.PAID.value, Outcome.PAID_LATE.value)
_SAME_HOLD = (orders.c.room_id == payments.c.room_id, orders.c.hold_id == payments.c.hold_id)
_SAME_PAYMENT = (
    refunds.c.provider == payments.c.provider,
    refunds.c.payment_id == payments.c.payment_id,
)
_TROUBLE_CHARACTERS_MAX = 500


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as a provider reported it. `currency` is None for those of earlier versions."""

    provider: str
    payment_id: str
    room_id: str
    hold_id: str
    amount_cents: int
    currency: str | None
    received_at_ms: int


class Payment(Reported, frozen=True, kw_only=True):
    """`outcome` is an `Outcome`, ORPHAN or PAID_BACK; None until it is settled."""

    outcome: str | None = None
    settled_at_ms: int | None = None
    tries: int | None = None
    next_try_at_ms: int | None = None
    trouble: str | None = None


class Known(NamedTuple):
    """What SQL knows about a payment that was reported: `is_new` if it was written down just now,
    its room's currency (None: no such room), and whether it has been paid back."""

    is_new: bool
    room_currency: str | None
    is_paid_back: bool


class Settled(NamedTuple):
    """What became of a payment."""

    provider: str
    payment_id: str
    outcome: str
    settled_at_ms: int


class ResolvedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order and the payment that resolved it, as the order has it."""

    hold_id: str
    state: str
    payment_id: str
    amount_cents: int


class PaymentBook:
    """Payments in SQL. Every method raises LedgerUnavailable when SQL is away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, reports: Sequence[Reported]) -> list[Known]:
        """Remembers payments, and tells what is known of each."""
        rows = [msgspec.to_builtins(report) for report in reports]
        with writing(self._engine) as connection:
            new = insert(connection, payments).on_conflict_do_nothing()
            added = {tuple(row) for row in connection.execute(new.returning(*_KEY), rows)}
            known = _known(connection, reports)
        return _first_of_each(added, reports, known)

    def known(self, reports: Sequence[Reported]) -> list[Known]:
        """What is known of payments that were recorded before; none of them `is_new`."""
        with reading(self._engine) as connection:
            return _known(connection, reports)

    def settle(self, settled: Sequence[Settled]) -> list[None]:
        """Writes what became of payments, and the refunds that follow; a first outcome stands."""
        with writing(self._engine) as connection:
            for each in settled:
                connection.execute(
                    payments.update()
                    .where(*_is(payments, each), payments.c.outcome.is_(None))
                    .values(outcome=each.outcome, settled_at_ms=each.settled_at_ms)
                )
            back = [each for each in settled if each.outcome in TO_PAY_BACK]
            add_refunds(connection, _refunds_due(connection, back))
        return [None] * len(settled)

    def payment(self, provider: str, payment_id: str) -> Payment | None:
        found = self._payments(
            1, payments.c.provider == provider, payments.c.payment_id == payment_id
        )
        return found[0] if found else None

    def payment_of(self, room_id: str, hold_id: str, payment_id: str) -> Payment | None:
        """The payment that an order names."""
        its_name = (payments.c.room_id == room_id, payments.c.hold_id == hold_id)
        found = self._payments(1, *its_name, payments.c.payment_id == payment_id)
        return found[0] if found else None

    def put_off(self, payment: Reported, until_ms: int, trouble: str) -> None:
        """Notes that a payment could not be settled: others come first until then."""
        change = (
            payments.update()
            .where(*_is(payments, payment))
            .values(
                tries=func.coalesce(payments.c.tries, 0) + 1,
                next_try_at_ms=until_ms,
                trouble=trouble[:_TROUBLE_CHARACTERS_MAX],
            )
        )
        with writing(self._engine) as connection:
            connection.execute(change)

    def unsettled(self, now_ms: int, limit: int) -> list[Payment]:
        """Payments without an outcome that may be tried now, those waiting longest first."""
        may_be_tried = or_(payments.c.next_try_at_ms.is_(None), payments.c.next_try_at_ms <= now_ms)
        return self._payments(limit, payments.c.outcome.is_(None), may_be_tried)

    def unsettled_of(self, room_id: str) -> list[Payment]:
        """A room's payments without an outcome."""
        return self._payments(
            LISTED_MAX, payments.c.room_id == room_id, payments.c.outcome.is_(None)
        )

    def count_of(self, room_id: str) -> int:
        """How many payments a room has had."""
        query = select(func.count()).where(payments.c.room_id == room_id)
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def fulfilled_without_order(self, room_id: str) -> list[Payment]:
        """A room's payments that are PAID or PAID_LATE, and whose hold has no order they paid."""
        its_order = select(orders.c.hold_id).where(
            *_SAME_HOLD,
            orders.c.payment_id == payments.c.payment_id,
            orders.c.state.in_((HoldState.PAID.value, HoldState.REFUNDED.value)),
        )
        return self._payments(
            LISTED_MAX,
            payments.c.room_id == room_id,
            payments.c.outcome.in_(_FULFILLED),
            ~its_order.exists(),
        )

    def orders_without_payment(self, room_id: str) -> list[ResolvedOrder]:
        """A room's orders resolved by a payment that is not in the book with their amount."""
        its_payment = select(payments.c.payment_id).where(
            *_SAME_HOLD,
            payments.c.payment_id == orders.c.payment_id,
            payments.c.amount_cents == orders.c.amount_cents,
        )
        query = (
            select(orders.c.hold_id, orders.c.state, orders.c.payment_id, orders.c.amount_cents)
            .where(
                orders.c.room_id == room_id,
                orders.c.payment_id.is_not(None),
                ~its_payment.exists(),
            )
            .limit(LISTED_MAX)
        )
        with reading(self._engine) as connection:
            return [ResolvedOrder(**row) for row in connection.execute(query).mappings()]

    def _payments(self, limit: int, *conditions: Any) -> list[Payment]:
        least_recently_tried = func.coalesce(payments.c.next_try_at_ms, 0)
        oldest = (
            select(*_COLUMNS)
            .where(*conditions)
            .order_by(least_recently_tried, payments.c.received_at_ms, payments.c.payment_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [Payment(**row) for row in connection.execute(oldest).mappings()]

    def not_paid_back(self, room_id: str) -> list[Payment]:
        """A room's payments whose outcome asks for a refund, and which have none."""
        its_refund = select(refunds.c.refund_id).where(*_SAME_PAYMENT)
        return self._payments(
            LISTED_MAX,
            payments.c.room_id == room_id,
            payments.c.outcome.in_(TO_PAY_BACK),
            ~its_refund.exists(),
        )


_KEY = (payments.c.provider, payments.c.payment_id)
_COLUMNS = tuple(payments.c[name] for name in Payment.__struct_fields__)


class _Named(Protocol):
    """Anything that names a payment."""

    @property
    def provider(self) -> str: ...
    @property
    def payment_id(self) -> str: ...


def _name(each: _Named) -> tuple[str, str]:
    return each.provider, each.payment_id


def _is(table: Table, each: _Named) -> tuple[Any, Any]:
    return table.c.provider == each.provider, table.c.payment_id == each.payment_id


def _known(connection: Connection, reports: Sequence[Reported]) -> list[Known]:
    in_rooms = rooms.c.room_id.in_({report.room_id for report in reports})
    rows = connection.execute(select(rooms.c.room_id, rooms.c.currency).where(in_rooms))
    currencies = {row.room_id: row.currency for row in rows}
    names = {_name(report) for report in reports}
    its_refund = tuple_(refunds.c.provider, refunds.c.payment_id).in_(names)
    returned = select(refunds.c.provider, refunds.c.payment_id).where(
        its_refund, refunds.c.reason == BY_PROVIDER
    )
    back = {tuple(row) for row in connection.execute(returned)}
    return [
        Known(False, currencies.get(report.room_id), _name(report) in back) for report in reports
    ]


def _first_of_each(
    added: set[tuple[Any, ...]], reports: Sequence[Reported], known: Sequence[Known]
) -> list[Known]:
    """Marks what is new: of one payment that is reported twice in a group only the first."""
    told = []
    for report, each in zip(reports, known, strict=True):
        told.append(each._replace(is_new=_name(report) in added))
        added.discard(_name(report))
    return told


def _refunds_due(connection: Connection, settled: Sequence[Settled]) -> list[Refund]:
    """The refunds that outcomes ask for: those that stand, were they written now or before."""
    if not settled:
        return []
    query = select(*_COLUMNS).where(
        tuple_(*_KEY).in_([_name(each) for each in settled]), payments.c.outcome.in_(TO_PAY_BACK)
    )
    found = [Payment(**row) for row in connection.execute(query).mappings()]
    return [refund_for(payment, str(payment.outcome), _now_of(payment)) for payment in found]


def _now_of(payment: Payment) -> int:
    return payment.settled_at_ms or payment.received_at_ms


def refund_for(
    payment: Reported,
    reason: str,
    now_ms: int,
    *,
    state: RefundState = RefundState.DUE,
    restock: bool = False,
) -> Refund:
    """The refund of a payment, to be tried from now on; nothing is done when nothing was paid."""
    is_free = payment.amount_cents == 0
    return Refund(
        refund_id=refund_id_of(payment.provider, payment.payment_id),
        provider=payment.provider,
        payment_id=payment.payment_id,
        room_id=payment.room_id,
        hold_id=payment.hold_id,
        amount_cents=payment.amount_cents,
        currency=payment.currency,
        reason=reason,
        restock=restock,
        state=RefundState.DONE if is_free and state is RefundState.DUE else state,
        next_try_at_ms=now_ms,
        requested_at_ms=now_ms,
        finished_at_ms=now_ms if is_free and state is RefundState.DUE else None,
    )
