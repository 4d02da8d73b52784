"""Settling: every reported payment ends in a recorded outcome, whatever dies in between.

    1. write the payment down in SQL      only now may the provider be answered with 2xx
    2. store.pay                          idempotent by payment id
    3. write its outcome beside it        and the refund, if the outcome asks for one

1 and 3 are group commits: payments that come together are written together. A payment in another
currency than its room's, and one that the provider has paid back already, never reach the hold. A
hold that the store no longer remembers is looked up in the ledger: only a payment for a hold that
nobody ever knew is an orphan.

A crash after 1 or 2 leaves a payment without an outcome. `settle_pending` takes those up again, at
start and every second, and may do so while another process does: 2 repeats its first answer. One
that cannot be settled is tried more and more seldom, for ever: it is somebody's money.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import NamedTuple

from inventory.codes import Outcome
from inventory.hold import Hold, HoldState, first_payment_outcome
from inventory.ledger.engine import LedgerUnavailable
from inventory.ledger.grouped import Grouped
from inventory.ledger.ledger import Ledger
from inventory.ledger.payments import (
    ORPHAN,
    PAID_BACK,
    Known,
    Payment,
    PaymentBook,
    Reported,
    Settled,
    refund_for,
)
from inventory.ledger.refunds import BY_PROVIDER, RefundBook, refund_id_of
from inventory.payments.port import EventKind, PaymentEvent, RefundState
from inventory.store import Result, Store, StoreUnavailable

log = logging.getLogger(__name__)

PENDING_INTERVAL_S = 1.0
PENDING_BATCH_MAX = 100
FIRST_DELAY_MS = 1_000
DELAY_MS_MAX = 300_000
AWAY_DELAY_MS = 5_000  # while the store is away nobody is to blame, so waiting does not grow

_ON_ITS_WAY = (RefundState.DUE, RefundState.SENT)


class Verdict(NamedTuple):
    """What to write beside a payment, or why that cannot be decided now."""

    outcome: str | None
    trouble: str = ""


def retry_delay_ms(tries: int) -> int:
    """How long to wait after try number `tries` (1, 2, ...) has failed."""
    doubled: int = FIRST_DELAY_MS << min(tries - 1, 20)
    return min(doubled, DELAY_MS_MAX)


class Settler:
    """Takes payments and refunds from the provider's word to an outcome in SQL."""

    def __init__(
        self,
        store: Store,
        book: PaymentBook,
        refunds: RefundBook,
        ledger: Ledger,
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._book = book
        self._refunds = refunds
        self._ledger = ledger
        self._now_ms = now_ms
        self._record = Grouped(book.record)
        self._settle = Grouped(book.settle)

    async def settle(self, provider: str, event: PaymentEvent) -> None:
        """Returns once what the event says is in SQL, settled if the store answers. Kinds that are
        not named here change nothing: a hold whose payment failed stays held until its deadline.
        Raises LedgerUnavailable."""
        if event.kind == EventKind.PAID:
            await self._paid(_reported(provider, event, self._now_ms()))
        elif event.kind == EventKind.REFUNDED:
            await asyncio.to_thread(self._returned, provider, event)
        elif event.kind == EventKind.REFUND_FAILED:
            await asyncio.to_thread(self._not_returned, provider, event)
        else:
            log.info("payment %s of hold %s: %s", event.payment_id, event.hold_id, event.kind)

    async def _paid(self, paid: Reported) -> None:
        known = await self._record(paid)
        if not known.is_new:
            return  # the first report stands, and is settled or pending
        try:
            await self._resolve(paid, known)
        except (StoreUnavailable, LedgerUnavailable) as error:
            log.warning("payment %s is recorded, its outcome waits: %s", paid.payment_id, error)

    def _returned(self, provider: str, event: PaymentEvent) -> None:
        """The money is back, whether or not it was ours to send. The first word may come before
        that of the payment itself."""
        now_ms = self._now_ms()
        by_provider = refund_for(
            _reported(provider, event, now_ms), BY_PROVIDER, now_ms, state=RefundState.PAID_BACK
        )
        refund = self._refunds.add(by_provider)
        if refund.state not in (RefundState.PAID_BACK, RefundState.DONE):
            self._refunds.move(refund, RefundState.PAID_BACK, now_ms)

    def _not_returned(self, provider: str, event: PaymentEvent) -> None:
        refund = self._refunds.refund(refund_id_of(provider, event.payment_id))
        if refund is not None and refund.reference is None and refund.state in _ON_ITS_WAY:
            # It may be this one: the provider's answer that says so has not come yet, or was lost.
            raise LedgerUnavailable(f"refund {refund.refund_id}: it is not known by which name yet")
        is_this_one = refund and event.reference in (None, refund.reference)
        if refund is None or not is_this_one or refund.state is RefundState.FAILED:
            log.warning("payment %s: a refund of it failed: %s", event.payment_id, event.reason)
            return
        trouble = event.reason or "the provider says that it failed"
        self._refunds.move(refund, RefundState.FAILED, self._now_ms(), trouble=trouble)

    async def settle_pending(self) -> int:
        """Settle recorded payments that have no outcome; how many got one. Those that cannot be
        settled are put off, whatever the reason."""
        now_ms = self._now_ms()
        pending = await asyncio.to_thread(self._book.unsettled, now_ms, PENDING_BATCH_MAX)
        if not pending:
            return 0
        known = await asyncio.to_thread(self._book.known, pending)
        again = [
            await self._resolve_again(payment, each)
            for payment, each in zip(pending, known, strict=True)
        ]
        return sum(again)

    async def _resolve_again(self, payment: Payment, known: Known) -> bool:
        """Whatever fails, the payment is put off before that is raised: it may be the fault of this
        one alone, and must not keep the others waiting."""
        tries = payment.tries or 0
        try:
            return await self._resolve(payment, known, tries)
        except StoreUnavailable as error:
            await self._put_off(payment, AWAY_DELAY_MS, str(error))
            raise
        except LedgerUnavailable:
            raise  # nothing can be written down
        except Exception as error:
            await self._put_off(payment, retry_delay_ms(tries + 1), f"a bug: {error!r}")
            raise

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

    async def _resolve(self, paid: Reported, known: Known, tries: int = 0) -> bool:
        verdict = await self._verdict(paid, known)
        if verdict.outcome is None:
            log.error("payment %s stays unsettled: %s", paid.payment_id, verdict.trouble)
            await self._put_off(paid, retry_delay_ms(tries + 1), verdict.trouble)
            return False
        name = (paid.provider, paid.payment_id)
        await self._settle(Settled(*name, verdict.outcome, self._now_ms()))
        return True

    async def _put_off(self, paid: Reported, by_ms: int, trouble: str) -> None:
        await asyncio.to_thread(self._book.put_off, paid, self._now_ms() + by_ms, trouble)

    async def _verdict(self, paid: Reported, known: Known) -> Verdict:
        if known.is_paid_back:
            return Verdict(PAID_BACK)
        currencies = {paid.currency, known.room_currency} - {None}
        if len(currencies) > 1:
            return Verdict(Outcome.REFUND_DUE)
        result = await self._store.pay(
            paid.room_id, paid.hold_id, paid.payment_id, paid.amount_cents
        )
        return await self._recorded_as(paid, result)

    async def _recorded_as(self, paid: Reported, result: Result) -> Verdict:
        if result.outcome is Outcome.REPLAYED:
            return Verdict(result.first_outcome)
        if result.outcome is Outcome.BROKEN:
            return Verdict(None, "BROKEN: a sale's numbers do not add up, run `kaibo audit`")
        if result.outcome is not Outcome.UNKNOWN_HOLD:
            return Verdict(result.outcome)
        order = await asyncio.to_thread(self._ledger.hold, paid.room_id, paid.hold_id)
        return Verdict(ORPHAN) if order is None else _by_order(order, paid.payment_id)


def _reported(provider: str, event: PaymentEvent, now_ms: int) -> Reported:
    return Reported(
        provider=provider,
        payment_id=event.payment_id,
        room_id=event.room_id,
        hold_id=event.hold_id,
        amount_cents=event.amount_cents,
        currency=event.currency,
        received_at_ms=now_ms,
    )


def _by_order(order: Hold, payment_id: str) -> Verdict:
    """What a payment led to, or leads to, by the order of a hold that the store has forgotten.

    Undecided if the order is still held: then the store has not forgotten the hold but lost it.
    """
    if order.state is HoldState.HELD:
        return Verdict(None, "Redis has lost this hold, SQL still has it held")
    if order.payment_id == payment_id:
        return Verdict(first_payment_outcome(order))
    return Verdict(Outcome.SECOND_PAYMENT if order.payment_id else Outcome.REFUND_DUE)
