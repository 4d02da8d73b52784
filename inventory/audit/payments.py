"""Payments: each has an outcome, each fulfilled one its paid order, each paid order its payment,
and each that is owed back its refund, which has not failed."""

import asyncio

from inventory.audit.report import counted
from inventory.audit.subject import Subject
from inventory.ledger.payments import Payment, PaymentBook
from inventory.ledger.refunds import RefundBook
from inventory.payments.port import RefundState

SETTLE_WAIT_S = 5.0
_POLL_S = 0.1

Waiting = dict[tuple[str, str], Payment]  # by provider and payment id


async def unsettled(book: PaymentBook, room_id: str) -> Waiting:
    """The room's payments that have no outcome."""
    found = await asyncio.to_thread(book.unsettled_of, room_id)
    return {(each.provider, each.payment_id): each for each in found}


async def payment_differences(
    subject: Subject, book: PaymentBook, waiting: Waiting
) -> tuple[int, list[str]]:
    """How many payments were compared, and what differs. `waiting`: those that had no outcome
    when the audit began, and should have one by now."""
    found = [
        f"payment {each.provider}:{each.payment_id}: expected an outcome, found none{_tried(each)}"
        for each in await _still_waiting(subject, book, waiting)
    ]
    found += [
        f"payment {each.provider}:{each.payment_id} is {each.outcome}: "
        f"expected a paid order {each.hold_id} in SQL, found none"
        for each in await _unfulfilled(subject, book)
    ]
    # A payment is written down before the hold hears of it, so this can be asked at any moment.
    found += [
        f"order {each.hold_id} is {each.state}: expected a payment {each.payment_id} "
        f"of {each.amount_cents} cents in SQL, found none"
        for each in await asyncio.to_thread(book.orders_without_payment, subject.room_id)
    ]
    found += [
        f"payment {each.provider}:{each.payment_id} is {each.outcome}: "
        f"expected a refund of {each.amount_cents} cents, found none"
        for each in await asyncio.to_thread(book.not_paid_back, subject.room_id)
    ]
    return await asyncio.to_thread(book.count_of, subject.room_id), found


def refund_differences(refunds: RefundBook, room_id: str) -> tuple[int, list[str]]:
    """How many refunds are on their way, and those that somebody must look at. Blocks."""
    found = [
        f"refund {each.refund_id} of payment {each.provider}:{each.payment_id}: "
        f"expected {each.amount_cents} cents to go back, found that it failed: {each.trouble}"
        for each in refunds.of_room(room_id, state=RefundState.FAILED)
    ]
    return refunds.count_waiting(room_id), found


def _tried(payment: Payment) -> str:
    if not payment.tries:
        return ""
    return f" after {counted(payment.tries + 1, 'try', 'tries')}: {payment.trouble}"


async def _still_waiting(subject: Subject, book: PaymentBook, waiting: Waiting) -> list[Payment]:
    """Those that have no outcome even after a few seconds."""
    deadline = asyncio.get_running_loop().time() + SETTLE_WAIT_S
    while waiting:
        now = await unsettled(book, subject.room_id)
        waiting = {name: each for name, each in waiting.items() if name in now}
        if not waiting or asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(_POLL_S)
    return list(waiting.values())


async def _unfulfilled(subject: Subject, book: PaymentBook) -> list[Payment]:
    """Fulfilled payments without a paid order, though SQL had the time to write it."""
    doubtful = await asyncio.to_thread(book.fulfilled_without_order, subject.room_id)
    if doubtful:
        await subject.drain()
        now = await asyncio.to_thread(book.fulfilled_without_order, subject.room_id)
        doubtful = [payment for payment in doubtful if payment in now]
    return doubtful
