"""Payments: each has an outcome, each fulfilled one its paid order, each paid order its payment."""

import asyncio

from inventory.audit.subject import Subject
from inventory.ledger.payments import Payment, PaymentBook

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
        f"payment {each.provider}:{each.payment_id}: expected an outcome, found none"
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
    return await asyncio.to_thread(book.count_of, subject.room_id), found


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
