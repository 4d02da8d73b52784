"""Settling: every reported payment ends in a recorded outcome, whatever dies in between.

    1. write the payment down in SQL      only now may the provider be answered with 2xx
    2. store.pay                          idempotent by payment id
    3. write its outcome beside it

A crash after 1 or 2 leaves a payment without an outcome. `settle_pending` takes those up again, at
start and every second, and may do so while another process does: 2 repeats its first answer.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from inventory.codes import Outcome
from inventory.ledger.engine import LedgerUnavailable
from inventory.ledger.payments import ORPHAN, PaymentBook
from inventory.payments.port import PaymentEvent
from inventory.store import Store, StoreUnavailable

log = logging.getLogger(__name__)

PENDING_INTERVAL_S = 1.0
PENDING_BATCH_MAX = 100


class Paid(Protocol):
    """A payment as reported or as written down."""

    @property
    def payment_id(self) -> str: ...
    @property
    def room_id(self) -> str: ...
    @property
    def hold_id(self) -> str: ...
    @property
    def amount_cents(self) -> int: ...


class Settler:
    """Takes payments from the provider's word to an outcome in SQL."""

    def __init__(self, store: Store, book: PaymentBook, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._book = book
        self._now_ms = now_ms

    async def settle(self, provider: str, event: PaymentEvent) -> None:
        """Returns once a paid event is in SQL, settled if the store answers. Kinds other than
        'paid' change nothing: a hold whose payment failed stays held until its deadline."""
        if event.kind != "paid":
            log.info("payment %s of hold %s: %s", event.payment_id, event.hold_id, event.kind)
            return
        is_new = await asyncio.to_thread(
            self._book.record,
            provider,
            event.payment_id,
            event.room_id,
            event.hold_id,
            event.amount_cents,
            self._now_ms(),
        )
        if not is_new:
            return  # the first report stands, and is settled or pending
        try:
            await self._resolve(provider, event)
        except (StoreUnavailable, LedgerUnavailable) as error:
            log.warning("payment %s is recorded, its outcome waits: %s", event.payment_id, error)

    async def settle_pending(self) -> int:
        """Settle recorded payments that have no outcome; how many got one."""
        pending = await asyncio.to_thread(self._book.unsettled, PENDING_BATCH_MAX)
        return sum([await self._resolve(payment.provider, payment) for payment in pending])

    async def run(self, succeeded: Callable[[], None] = lambda: None) -> None:
        """`settle_pending` every second until cancelled, telling of each that succeeded; survives
        the stores being away."""
        while True:
            try:
                await self.settle_pending()
                succeeded()
            except (StoreUnavailable, LedgerUnavailable) as error:
                log.warning("payments wait for their outcome: %s", error)
            await asyncio.sleep(PENDING_INTERVAL_S)

    async def _resolve(self, provider: str, paid: Paid) -> bool:
        result = await self._store.pay(
            paid.room_id, paid.hold_id, paid.payment_id, paid.amount_cents
        )
        outcome = self._recorded_as(result.outcome, result.first_outcome)
        if outcome is None:
            log.error("payment %s: %s, it stays unsettled", paid.payment_id, result.outcome)
            return False
        await asyncio.to_thread(
            self._book.settle, provider, paid.payment_id, outcome, self._now_ms()
        )
        return True

    @staticmethod
    def _recorded_as(outcome: Outcome, first: Outcome | None) -> str | None:
        """What to write beside the payment; None if the store could not decide (BROKEN)."""
        if outcome is Outcome.REPLAYED:
            return first
        if outcome is Outcome.UNKNOWN_HOLD:
            return ORPHAN
        return None if outcome is Outcome.BROKEN else outcome
