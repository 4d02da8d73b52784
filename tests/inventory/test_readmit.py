"""A hold that was lost comes back to who shows its receipt, if its units are free; ids of the time
before are not executed again."""

import msgspec
import pytest

from inventory.audit import audit
from inventory.codes import Outcome
from inventory.hold import READMITTED_MIN_MS, Hold, HoldState, Line
from inventory.ledger.ledger import Ledger
from inventory.ledger.writer import LedgerWriter
from inventory.uuid7 import FUTURE_MAX_MS
from tests.inventory.shop import HOLD_MS, PRICE_CENTS, RETENTION_MS, Shop


def lost_hold(shop: Shop, buyer_id: str = "ann", quantity: int = 1, left_ms: int = HOLD_MS) -> Hold:
    """What a receipt says of a hold that nobody remembers."""
    line = Line(sale_id="tea", product_id="green", quantity=quantity, price_cents=PRICE_CENTS - 1)
    return Hold(
        hold_id=shop.new_id(),
        buyer_id=buyer_id,
        lines=[line],
        state=HoldState.HELD,
        created_at_ms=shop.now_ms - 500,
        deadline_ms=shop.now_ms + left_ms,
    )


@pytest.fixture
async def open_shop(shop: Shop) -> Shop:
    await shop.open(units=3)
    return shop


async def test_a_lost_hold_comes_back_as_its_receipt_has_it(
    open_shop: Shop, ledger: Ledger, writer: LedgerWriter
) -> None:
    lost = lost_hold(open_shop, quantity=2, left_ms=READMITTED_MIN_MS + 5)
    back = await open_shop.store.readmit(open_shop.room_id, lost)
    assert (back.outcome, back.hold) == (Outcome.READMITTED, lost)
    assert await open_shop.counts() == (1, 2, 0)
    assert (await open_shop.reserve("ann")).outcome is Outcome.USER_LIMIT
    assert (await open_shop.pay(lost.hold_id, amount_cents=lost.amount_cents)).outcome is (
        Outcome.PAID
    )
    report = await audit(open_shop.store, ledger, [open_shop.room_id], writer.drain)
    assert report.ok, report.lines()


async def test_showing_a_receipt_twice_or_for_nothing_changes_nothing(open_shop: Shop) -> None:
    lost = lost_hold(open_shop)
    back = await open_shop.store.readmit(open_shop.room_id, lost)
    again = await open_shop.store.readmit(open_shop.room_id, lost)
    assert (again.outcome, again.hold) == (Outcome.REPLAYED, back.hold)
    await open_shop.cancel(lost.hold_id, "ann")
    late = await open_shop.store.readmit(open_shop.room_id, lost)
    assert late.hold and late.hold.state is HoldState.CANCELLED
    assert await open_shop.counts() == (3, 0, 0)


@pytest.mark.parametrize("left_ms", [-10_000, 5, READMITTED_MIN_MS, READMITTED_MIN_MS + 9])
async def test_there_is_time_to_pay_however_late_it_is(open_shop: Shop, left_ms: int) -> None:
    lost = lost_hold(open_shop, left_ms=left_ms)
    back = (await open_shop.store.readmit(open_shop.room_id, lost)).hold
    assert back is not None
    assert back.deadline_ms - open_shop.now_ms == max(left_ms, READMITTED_MIN_MS)
    await open_shop.advance(back.deadline_ms - open_shop.now_ms)
    assert (await open_shop.store.expire_due(open_shop.room_id)).holds[0].hold_id == lost.hold_id


async def test_a_receipt_gets_no_unit_that_another_has(open_shop: Shop) -> None:
    for buyer in ("bob", "cyd", "dan"):
        await open_shop.hold(buyer)
    refused = await open_shop.store.readmit(open_shop.room_id, lost_hold(open_shop))
    assert (refused.outcome, refused.pools[0].available) == (Outcome.SOLD_OUT, 0)
    await open_shop.advance(HOLD_MS)  # and yet nobody has expired them
    back = await open_shop.store.readmit(open_shop.room_id, lost_hold(open_shop))
    assert back.outcome is Outcome.READMITTED
    assert await open_shop.counts() == (2, 1, 0)


async def test_a_receipt_counts_against_the_limit(open_shop: Shop) -> None:
    await open_shop.hold("ann", 2)
    refused = await open_shop.store.readmit(open_shop.room_id, lost_hold(open_shop))
    assert refused.outcome is Outcome.USER_LIMIT


async def test_a_receipt_is_good_after_the_sale_but_not_while_it_is_paused(open_shop: Shop) -> None:
    await open_shop.store.pause_sale(open_shop.room_id, "tea")
    refused = await open_shop.store.readmit(open_shop.room_id, lost_hold(open_shop))
    assert refused.outcome is Outcome.PAUSED
    await open_shop.store.resume_sale(open_shop.room_id, "tea")
    await open_shop.store.end_sale(open_shop.room_id, "tea")
    back = await open_shop.store.readmit(open_shop.room_id, lost_hold(open_shop))
    assert back.outcome is Outcome.READMITTED


async def test_a_receipt_that_is_not_this_buyers_hold_is_refused(open_shop: Shop) -> None:
    hold_id = await open_shop.hold("bob")
    lost = msgspec.structs.replace(lost_hold(open_shop), hold_id=hold_id)
    refused = await open_shop.store.readmit(open_shop.room_id, lost)
    assert (refused.outcome, refused.hold) == (Outcome.KEY_REUSED, None)


async def test_an_old_receipt_is_refused_because_its_hold_may_have_been_forgotten(
    open_shop: Shop,
) -> None:
    lost = lost_hold(open_shop)
    await open_shop.advance(RETENTION_MS + FUTURE_MAX_MS + 1)
    assert (await open_shop.store.readmit(open_shop.room_id, lost)).outcome is Outcome.STALE_ID
    unknown = msgspec.structs.replace(lost_hold(open_shop), lines=[])
    other = Line(sale_id="cup", product_id="cup", quantity=1, price_cents=1)
    unknown = msgspec.structs.replace(unknown, lines=[other])
    refused = await open_shop.store.readmit(open_shop.room_id, unknown)
    assert refused.outcome is Outcome.UNKNOWN_SALE


async def test_an_id_of_before_the_loss_is_executed_no_more(open_shop: Shop) -> None:
    known, restock_id = open_shop.new_id(), open_shop.new_id()
    await open_shop.reserve("ann", hold_id=known)
    unknown, before = open_shop.new_id(), open_shop.now_ms
    await open_shop.advance(1)
    await open_shop.redis.set(open_shop.key("epoch"), open_shop.now_ms)
    assert (await open_shop.reserve("ann", hold_id=known)).outcome is Outcome.REPLAYED
    assert (await open_shop.reserve("bob", hold_id=unknown)).outcome is Outcome.STALE_EPOCH
    restocked = await open_shop.store.restock(open_shop.room_id, restock_id, "tea", 5)
    assert restocked.outcome is Outcome.STALE_EPOCH
    held = await open_shop.reserve("bob")
    assert (held.outcome, held.epoch_ms) == (Outcome.HELD, before + 1)
    ago = await open_shop.reserve("cyd", hold_id=open_shop.new_id(ago_ms=RETENTION_MS + 1))
    assert ago.outcome is Outcome.STALE_ID
