"""A host pays an order back: the engine agrees first, then the money is on its way.

    1. write the wish down in SQL        ASKED, under the id that the payment's refund always has
    2. store.refund                      idempotent by that id; the units go back or are gone
    3. DUE                               and the refund job sends it

A crash after 1 or 2 leaves a refund that is asked for; the refund job takes it up again. An order
that Redis has forgotten, or whose sale was archived, changes no more: its money goes back all the
same, and its refund says so. One that Redis has lost waits until it is restored.
"""

import asyncio
from collections.abc import Callable

import msgspec

from inventory.codes import Outcome
from inventory.hold import Hold, HoldState
from inventory.ledger.ledger import Ledger
from inventory.ledger.payments import PaymentBook, refund_for
from inventory.ledger.refunds import BY_HOST, Refund, RefundBook
from inventory.payments.port import RefundState
from inventory.store import Store

OURS_MS = 10_000  # how long the job leaves a refund to whoever has just asked for it
_AGREED = {Outcome.RETURNED, Outcome.REFUNDED, Outcome.REPAID, Outcome.REPLAYED}
_PAST = {Outcome.UNKNOWN_HOLD, Outcome.UNKNOWN_SALE}


class HostRefunds:
    """Every method may raise StoreUnavailable or LedgerUnavailable: ask again, nothing is lost."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        payments: PaymentBook,
        refunds: RefundBook,
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._payments = payments
        self._refunds = refunds
        self._now_ms = now_ms

    async def ask(self, room_id: str, hold_id: str, *, restock: bool) -> Refund | Outcome:
        """The order's refund, which is on its way now if it was not; asking again gives the same.

        Or a refusal: UNKNOWN_HOLD, NOT_PAID, or, until which the refund waits, BROKEN (the sale is
        mended) or UNKNOWN_SALE (Redis has lost it; the room is rebuilt).
        """
        order = await self._store.hold(room_id, hold_id)
        if order is None:
            order = await asyncio.to_thread(self._ledger.hold, room_id, hold_id)
        if order is None:
            return Outcome.UNKNOWN_HOLD
        refund = await asyncio.to_thread(self._wished, room_id, order, restock=restock)
        if refund is None:
            return Outcome.NOT_PAID
        return await self.agree(refund) if refund.state is RefundState.ASKED else refund

    def _wished(self, room_id: str, order: Hold, *, restock: bool) -> Refund | None:
        """The refund of the order's payment, written down if there was none; None if it is not
        paid. Blocks."""
        is_paid = order.state in (HoldState.PAID, HoldState.REFUND_DUE, HoldState.REFUNDED)
        if not is_paid or order.payment_id is None:
            return None
        payment = self._payments.payment_of(room_id, order.hold_id, order.payment_id)
        if payment is None:
            return None  # it was paid by nobody: `kaibo audit` reports the order
        now_ms = self._now_ms()
        wish = refund_for(payment, BY_HOST, now_ms, state=RefundState.ASKED, restock=restock)
        return self._refunds.add(msgspec.structs.replace(wish, next_try_at_ms=now_ms + OURS_MS))

    async def agree(self, refund: Refund) -> Refund | Outcome:
        """Takes a refund that was asked for to DUE, or withdraws it with the engine's refusal."""
        result = await self._store.refund(
            refund.room_id, refund.hold_id, refund.refund_id, with_restock=refund.restock
        )
        if result.outcome is Outcome.BROKEN:
            return result.outcome
        if result.outcome in _PAST and await self.is_lost(refund):
            return Outcome.UNKNOWN_SALE
        if result.outcome not in _AGREED | _PAST:
            await asyncio.to_thread(self._refunds.withdraw, refund)
            return Outcome.NOT_PAID
        state = RefundState.DUE if refund.amount_cents else RefundState.DONE
        await asyncio.to_thread(self._refunds.move, refund, state, self._now_ms())
        found = await asyncio.to_thread(self._refunds.refund, refund.refund_id)
        return found or refund

    async def is_lost(self, refund: Refund) -> bool:
        """Whether Redis should know the order and its sales, and does not know all of them: then
        nothing may be decided about it before the room is rebuilt."""
        remembered_since_ms = self._store.remembered_since_ms(self._now_ms())
        return await asyncio.to_thread(
            self._ledger.statements.must_be_known,
            refund.room_id,
            refund.hold_id,
            remembered_since_ms,
        )
