"""Every payment that a provider confirmed, and what became of it.

A payment is recorded before the reservation engine hears of it and before the provider's webhook is
answered; whatever happens then, an unsettled row remains to be settled. The first record of a
payment stands: a retry with another amount or hold changes nothing.
"""

from typing import Any

import msgspec
from sqlalchemy import Engine, select

from inventory.ledger.engine import insert, reading, writing
from inventory.ledger.tables import payments

ORPHAN = "ORPHAN"  # the outcome of a payment for a hold that nobody knows: to be refunded


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
            statement = insert(connection, payments).on_conflict_do_nothing()
            return connection.execute(statement, row).rowcount == 1

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

    def unsettled(self, limit: int) -> list[Payment]:
        """Payments without an outcome, oldest first."""
        return self._payments(limit, payments.c.outcome.is_(None))

    def of_room(self, room_id: str, limit: int) -> list[Payment]:
        """A room's payments, oldest first."""
        return self._payments(limit, payments.c.room_id == room_id)

    def _payments(self, limit: int, *conditions: Any) -> list[Payment]:
        oldest = (
            select(payments)
            .where(*conditions)
            .order_by(payments.c.received_at_ms, payments.c.payment_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [Payment(**row) for row in connection.execute(oldest).mappings()]
