"""The state machine of a checkout, in SQL.

    open -> paid        queues a `paid` webhook
         -> declined    queues a `failed` webhook; the hold may start another checkout

Each step happens once: the update names the state it leaves, and the webhook is queued in the same
transaction. Calls block; async code calls them through `asyncio.to_thread`.
"""

from enum import StrEnum

import msgspec
from sqlalchemy import Connection, Engine, select, update

from inventory.ledger.engine import insert, reading, writing
from inventory.payments.port import Checkout
from inventory.payments.sandbox.tables import IS_LIVE, checkouts, webhooks


class CheckoutState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    DECLINED = "declined"


class CheckoutRecord(Checkout, frozen=True, kw_only=True):
    """A checkout as the provider knows it."""

    state: CheckoutState
    created_at_ms: int
    finished_at_ms: int | None = None


class WebhookBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook says; its JSON is signed as it is, byte for byte."""

    event_id: str
    kind: str
    payment_id: str
    checkout_id: str
    room_id: str
    hold_id: str
    amount_cents: int
    currency: str
    created_at_ms: int


_KINDS = {CheckoutState.PAID: "paid", CheckoutState.DECLINED: "failed"}


class Books:
    """The provider's checkouts in one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, checkout: Checkout, now_ms: int) -> CheckoutRecord:
        """The hold's checkout that is open or paid already, else this one, opened."""
        opened = CheckoutRecord(
            **msgspec.structs.asdict(checkout), state=CheckoutState.OPEN, created_at_ms=now_ms
        )
        with writing(self._engine) as connection:
            # The index of live checkouts decides who is first, not a look before the insert; the
            # update that changes nothing gives the one that was first, whoever finishes it now.
            statement = (
                insert(connection, checkouts)
                .values(msgspec.to_builtins(opened))
                .on_conflict_do_update(
                    index_elements=["room_id", "hold_id"],
                    index_where=IS_LIVE,
                    set_={"state": checkouts.c.state},
                )
                .returning(*checkouts.columns)
            )
            row = connection.execute(statement).one()
        return msgspec.convert(row, CheckoutRecord, from_attributes=True)

    def checkout(self, checkout_id: str) -> CheckoutRecord | None:
        with reading(self._engine) as connection:
            return _read(connection, checkout_id)

    def finish(self, checkout_id: str, state: CheckoutState, now_ms: int) -> CheckoutRecord | None:
        """Take an open checkout to `state`; one that is finished stays as it is. The checkout as
        it is then, or None if there is no such checkout."""
        leave_open = (
            update(checkouts)
            .where(
                checkouts.c.checkout_id == checkout_id,
                checkouts.c.state == CheckoutState.OPEN.value,
            )
            .values(state=state.value, finished_at_ms=now_ms)
        )
        with writing(self._engine) as connection:
            happened = connection.execute(leave_open).rowcount == 1
            record = _read(connection, checkout_id)
            if happened and record is not None:
                connection.execute(insert(connection, webhooks).values(_queued(record, now_ms)))
        return record


def _read(connection: Connection, checkout_id: str) -> CheckoutRecord | None:
    query = select(checkouts).where(checkouts.c.checkout_id == checkout_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else msgspec.convert(row, CheckoutRecord, from_attributes=True)


def _queued(record: CheckoutRecord, now_ms: int) -> dict[str, object]:
    # A checkout is finished once, so its id names its payment and its report.
    kind = _KINDS[record.state]
    body = WebhookBody(
        event_id=f"evt_{record.checkout_id}_{kind}",
        kind=kind,
        payment_id=f"pay_{record.checkout_id}",
        checkout_id=record.checkout_id,
        room_id=record.room_id,
        hold_id=record.hold_id,
        amount_cents=record.amount_cents,
        currency=record.currency,
        created_at_ms=now_ms,
    )
    return {
        "event_id": body.event_id,
        "body": msgspec.json.encode(body),
        "state": "queued",
        "attempts": 0,
        "next_attempt_at_ms": now_ms,
    }
