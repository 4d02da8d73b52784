"""The refund job: every refund that was written down is sent, asked about, and told to its order.

A refund is claimed in SQL before anything is done about it, so that two workers do not ask at once
and a dead one loses none. Asking the provider twice is harmless: the refund's id goes with it. A
provider that does not answer is asked again, more and more seldom, for about a day and a half;
then the refund has failed, and an operator decides (`kaibo refund`).
"""

import asyncio
import logging
from collections.abc import Callable

from inventory.codes import Outcome
from inventory.ledger.engine import LedgerUnavailable
from inventory.ledger.payments import Payment, PaymentBook
from inventory.ledger.refunds import Refund, RefundBook
from inventory.payments.host_refunds import HostRefunds
from inventory.payments.port import (
    Provider,
    ProviderUnavailable,
    RefundAnswer,
    RefundRequest,
    RefundState,
)
from inventory.store import Store, StoreUnavailable

log = logging.getLogger(__name__)

INTERVAL_S = 1.0
BATCH_MAX = 16  # asked at once
LEASE_MS = 60_000  # more than a provider is waited for
FIRST_DELAY_MS = 1_000
DELAY_MS_MAX = 3_600_000
ATTEMPTS_MAX = 48
ASK_AGAIN_MS = 3_600_000  # how often a provider is asked how a refund stands, if it says nothing
_BROKEN = "BROKEN: the sale's numbers do not add up, run `kaibo audit`"
_LOST = "Redis has lost the order, run `kaibo rebuild`"
_WAITS_FOR = {Outcome.BROKEN: _BROKEN, Outcome.UNKNOWN_SALE: _LOST}
PAYMENT_GRACE_MS = 60_000  # how long a payment may be unknown whose refund is known


def retry_delay_ms(attempts: int) -> int:
    """How long to wait after the attempt number `attempts` (1, 2, ...) failed."""
    doubled: int = FIRST_DELAY_MS << min(attempts - 1, 20)
    return min(doubled, DELAY_MS_MAX)


class Refunder:
    """`run()` until cancelled; `step()` for whoever moves the clock."""

    def __init__(
        self,
        provider: Provider,
        store: Store,
        refunds: RefundBook,
        payments: PaymentBook,
        host_refunds: HostRefunds,
        now_ms: Callable[[], int],
    ) -> None:
        self._provider = provider
        self._store = store
        self._refunds = refunds
        self._payments = payments
        self._host_refunds = host_refunds
        self._now_ms = now_ms

    async def run(self, succeeded: Callable[[], None] = lambda: None) -> None:
        """Steps every second, telling of each that succeeded; survives the stores being away."""
        while True:
            try:
                while await self.step() == BATCH_MAX:
                    pass
                succeeded()
            except (StoreUnavailable, LedgerUnavailable) as error:
                log.warning("refunds wait: %s", error)
            await asyncio.sleep(INTERVAL_S)

    async def step(self) -> int:
        """Takes the refunds that are due one step further; how many."""
        claimed = await asyncio.to_thread(self._refunds.claim, self._now_ms(), LEASE_MS, BATCH_MAX)
        await asyncio.gather(*(self._advance_alone(refund) for refund in claimed))
        return len(claimed)

    async def _advance_alone(self, refund: Refund) -> None:
        """A bug that one refund meets must not keep the others waiting."""
        try:
            await self._advance(refund)
        except (StoreUnavailable, LedgerUnavailable):
            raise
        except Exception as error:
            log.exception("refund %s", refund.refund_id)
            await self._wait(refund, retry_delay_ms(refund.attempts), f"a bug: {error!r}")

    async def _advance(self, refund: Refund) -> None:
        if refund.state is RefundState.ASKED:
            await self._agree(refund)
        elif refund.state is RefundState.PAID_BACK:
            await self._tell_order(refund)
        else:
            await self._ask_provider(refund)

    async def _agree(self, refund: Refund) -> None:
        """What a host asked for, and whoever answered the host has not finished."""
        told = await self._host_refunds.agree(refund)
        if isinstance(told, Outcome) and told in _WAITS_FOR:
            await self._wait(refund, retry_delay_ms(refund.attempts), _WAITS_FOR[told])

    async def _ask_provider(self, refund: Refund) -> None:
        try:
            answer = await self._answer(refund)
        except ProviderUnavailable as error:
            await self._try_later(refund, str(error))
            return
        if answer.state is RefundState.FAILED:
            log.error("refund %s failed: %s", refund.refund_id, answer.reason)
        wait_ms = ASK_AGAIN_MS if answer.state is RefundState.SENT else 0
        await asyncio.to_thread(
            self._refunds.move,
            refund,
            answer.state,
            self._now_ms(),
            trouble=answer.reason,
            reference=answer.reference or refund.reference,
            next_try_at_ms=self._now_ms() + wait_ms,
        )

    async def _answer(self, refund: Refund) -> RefundAnswer:
        if refund.provider != self._provider.name:
            raise ProviderUnavailable(
                f"it was paid through {refund.provider!r}, and this server's provider is"
                f" {self._provider.name!r}"
            )
        return await self._provider.refund(
            RefundRequest(
                refund_id=f"{refund.refund_id}-{refund.round}",
                payment_id=refund.payment_id,
                room_id=refund.room_id,
                hold_id=refund.hold_id,
                amount_cents=refund.amount_cents,
                currency=refund.currency or "",
                reference=refund.reference,
            )
        )

    async def _try_later(self, refund: Refund, trouble: str) -> None:
        """A refund that was sent is never given up: the provider has taken it on."""
        gives_up = refund.state is RefundState.DUE and refund.attempts >= ATTEMPTS_MAX
        level = logging.ERROR if gives_up else logging.WARNING
        log.log(level, "refund %s: %s", refund.refund_id, trouble)
        now_ms = self._now_ms()
        if gives_up:
            trouble = f"given up after {refund.attempts} attempts: {trouble}"
            await asyncio.to_thread(
                self._refunds.move, refund, RefundState.FAILED, now_ms, trouble=trouble
            )
            return
        await self._wait(refund, retry_delay_ms(refund.attempts), trouble)

    async def _wait(self, refund: Refund, by_ms: int, trouble: str) -> None:
        now_ms = self._now_ms()
        await asyncio.to_thread(
            self._refunds.move,
            refund,
            refund.state,
            now_ms,
            trouble=trouble,
            next_try_at_ms=now_ms + by_ms,
        )

    async def _tell_order(self, refund: Refund) -> None:
        """An order that this payment resolved is refunded now; all other orders are left alone."""
        payment = await asyncio.to_thread(
            self._payments.payment, refund.provider, refund.payment_id
        )
        if self._comes_first(refund, payment):
            await self._wait(refund, FIRST_DELAY_MS, "its payment has no outcome yet")
            return
        hold = await self._store.hold(refund.room_id, refund.hold_id)
        if hold is not None and hold.payment_id == refund.payment_id:
            told = await self._store.refund(
                refund.room_id, refund.hold_id, refund.refund_id, with_restock=refund.restock
            )
            if told.outcome is Outcome.BROKEN:
                await self._wait(refund, retry_delay_ms(refund.attempts), _BROKEN)
                return
        elif hold is None and await self._host_refunds.is_lost(refund):
            await self._wait(refund, retry_delay_ms(refund.attempts), _LOST)
            return
        await asyncio.to_thread(
            self._refunds.move, refund, RefundState.DONE, self._now_ms(), trouble=refund.trouble
        )

    def _comes_first(self, refund: Refund, payment: Payment | None) -> bool:
        """Whether the payment's own outcome is still to come: the order is told after that."""
        if payment is None:
            return self._now_ms() - refund.requested_at_ms < PAYMENT_GRACE_MS
        return payment.outcome is None
