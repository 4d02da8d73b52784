"""Every payment that a provider confirmed, and what became of it.

A payment is recorded before the reservation engine hears of it and before the provider's webhook is
answered; whatever happens then, an unsettled row remains to be settled. The first record of a
payment stands: a retry with another amount or hold changes nothing.
"""

from typing import Any

import msgspec
from sqlalchemy import Engine, func, select

from inventory.codes import Outcome
from inventory.hold import HoldState
from inventory.ledger.engine import insert, reading, writing
from inventory.ledger.tables import orders, payments

LISTED_MAX = 1_000  # of what is wrong or waiting in a room

ORPHAN = "ORPHAN"  # the outcome of a payment for a hold that nobody knows: to be refunded


_FULFILLED = (Outcome.PAID.value, Outcome.PAID_LATE.value)
_SAME_HOLD = (orders.c.room_id == payments.c.room_id, orders.c.hold_id == payments.c.hold_id)


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """`outcome` is an `Outcome` or ORPHAN; None until it is settled."""

    provider: str
    payment_id: str
    room_id: str
    hold_id: str
    amount_cents: int
    received_at_ms: int
    outcome: str | None = None
    settled_at_ms: int | None = None
    tried_at_ms: int | None = None


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

    def record(
        self,
        provider: str,
        payment_id: str,
        room_id: str,
        hold_id: str,
        amount_cents: int,
        now_ms: int,
    ) -> bool:
        """Remembers a payment; False if it was there already."""
        row = {
            "provider": provider,
            "payment_id": payment_id,
            "room_id": room_id,
            "hold_id": hold_id,
            "amount_cents": amount_cents,
            "received_at_ms": now_ms,
        }
        with writing(self._engine) as connection:
            statement = insert(connection, payments).values(row).on_conflict_do_nothing()
            written = connection.execute(statement.returning(payments.c.payment_id))
            return written.first() is not None

    def settle(self, provider: str, payment_id: str, outcome: str, now_ms: int) -> bool:
        """Writes what became of a payment; the first outcome stands. False if it had one."""
        change = (
            payments.update()
            .where(
                payments.c.provider == provider,
                payments.c.payment_id == payment_id,
                payments.c.outcome.is_(None),
            )
            .values(outcome=outcome, settled_at_ms=now_ms)
        )
        with writing(self._engine) as connection:
            return connection.execute(change).rowcount == 1

    def payment(self, provider: str, payment_id: str) -> Payment | None:
        found = self._payments(
            1, payments.c.provider == provider, payments.c.payment_id == payment_id
        )
        return found[0] if found else None

    def tried(self, provider: str, payment_id: str, now_ms: int) -> None:
        """Notes that a payment is about to be tried again: others come first the next time."""
        change = (
            payments.update()
            .where(payments.c.provider == provider, payments.c.payment_id == payment_id)
            .values(tried_at_ms=now_ms)
        )
        with writing(self._engine) as connection:
            connection.execute(change)

    def unsettled(self, limit: int) -> list[Payment]:
        """Payments without an outcome, those least recently tried first, then the oldest."""
        return self._payments(limit, payments.c.outcome.is_(None))

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
            orders.c.state == HoldState.PAID.value,
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
        least_recently_tried = func.coalesce(payments.c.tried_at_ms, 0)
        oldest = (
            select(payments)
            .where(*conditions)
            .order_by(least_recently_tried, payments.c.received_at_ms, payments.c.payment_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [Payment(**row) for row in connection.execute(oldest).mappings()]
