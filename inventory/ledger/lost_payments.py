"""Payments whose paid order Redis lost before SQL heard of it.

Such a payment is settled as fulfilled, and its hold, given back from SQL or by its receipt, is held
and not paid. Without its outcome the payment is settled once more, as after any crash.
"""

from collections.abc import Sequence

from sqlalchemy import Engine, select

from inventory.codes import Outcome
from inventory.hold import HoldState
from inventory.ledger.engine import writing
from inventory.ledger.tables import orders, payments

_FULFILLED = (Outcome.PAID.value, Outcome.PAID_LATE.value)
_AFTER_PAYING = (HoldState.PAID.value, HoldState.REFUNDED.value)


class LostPayments:
    """Raises LedgerUnavailable when SQL is away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def reopen(self, room_id: str, hold_ids: Sequence[str] | None = None) -> int:
        """Takes the outcome from fulfilled payments whose order is not there or not paid: of these
        holds (a few hundred at most), or of all that SQL knows. How many there were."""
        its_order = select(orders.c.hold_id).where(
            orders.c.room_id == payments.c.room_id, orders.c.hold_id == payments.c.hold_id
        )
        change = payments.update().where(
            payments.c.room_id == room_id,
            payments.c.outcome.in_(_FULFILLED),
            ~its_order.where(orders.c.state.in_(_AFTER_PAYING)).exists(),
        )
        if hold_ids is None:
            change = change.where(its_order.exists())
        else:
            change = change.where(payments.c.hold_id.in_(hold_ids))
        with writing(self._engine) as connection:
            return connection.execute(change.values(outcome=None, settled_at_ms=None)).rowcount
