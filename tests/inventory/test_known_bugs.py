"""Bugs found in public flash-sale projects, each as a test that our code passes."""

import asyncio

from inventory.codes import Outcome
from inventory.hold import RECLAIM_BATCH_MAX, HoldState, WantedLine
from tests.inventory.shop import HOLD_MS, Shop, terms


async def test_stock_is_not_reset_while_orders_are_in_flight(shop: Shop) -> None:
    await shop.open(units=10)
    hold_id = await shop.hold("ann", 2)
    await shop.store.restock(shop.room_id, shop.new_id(), "tea", 5)
    again = await shop.store.put_sale(shop.room_id, terms(units=10))
    assert (again.outcome, await shop.counts()) == (Outcome.REPLAYED, (13, 2, 0))
    other = await shop.store.put_sale(shop.room_id, terms(units=99))
    assert (other.outcome, await shop.counts()) == (Outcome.KEY_REUSED, (13, 2, 0))
    assert (await shop.cancel(hold_id, "ann")).outcome is Outcome.CANCELLED


async def test_the_counter_never_rests_below_zero_so_the_first_returned_unit_sells(
    shop: Shop,
) -> None:
    await shop.open(units=1)
    hold_id = await shop.hold("ann")
    for number in range(5):
        assert (await shop.reserve(f"buyer-{number}")).outcome is Outcome.SOLD_OUT
    await shop.cancel(hold_id, "ann")
    assert (await shop.reserve("bob")).outcome is Outcome.HELD


async def test_a_refused_reservation_takes_nothing(shop: Shop) -> None:
    await shop.open("tea", units=5, per_buyer_max=1)
    await shop.create("cup", units=5)
    await shop.hold("ann")
    await shop.reserve("ann")
    both = [WantedLine("tea", 1), WantedLine("cup", 1)]
    await shop.store.reserve(shop.room_id, shop.new_id(), "bob", both)
    assert await shop.counts("tea") == (4, 1, 0)
    assert (await shop.reserve("bob")).outcome is Outcome.HELD


async def test_two_lines_of_one_sale_are_checked_as_their_sum(shop: Shop) -> None:
    await shop.open("tea", units=3, per_buyer_max=99)
    await shop.open("cup", units=9, per_buyer_max=3)
    short = [WantedLine("tea", 2), WantedLine("tea", 2)]
    result = await shop.store.reserve(shop.room_id, shop.new_id(), "ann", short)
    assert result.outcome is Outcome.SOLD_OUT
    many = [WantedLine("cup", 2), WantedLine("cup", 2)]
    result = await shop.store.reserve(shop.room_id, shop.new_id(), "ann", many)
    assert result.outcome is Outcome.USER_LIMIT


async def test_a_release_runs_once_and_the_id_stays_taken(shop: Shop) -> None:
    await shop.open(units=5)
    hold_id = await shop.hold("ann")
    results = await asyncio.gather(*(shop.cancel(hold_id, "ann") for _ in range(10)))
    assert [result.outcome for result in results].count(Outcome.CANCELLED) == 1
    await shop.advance(HOLD_MS)
    assert (await shop.store.expire_due(shop.room_id)).holds == []
    retried = await shop.reserve("ann", hold_id=hold_id)
    assert (retried.outcome, await shop.counts()) == (Outcome.REPLAYED, (5, 0, 0))


async def test_an_order_that_was_paid_never_ends_expired(shop: Shop) -> None:
    await shop.open(units=20)
    holds = [await shop.hold(f"buyer-{number}") for number in range(20)]
    await shop.advance(HOLD_MS)
    sweeps = [shop.store.expire_due(shop.room_id, 1) for _ in range(20)]
    pays = [shop.pay(hold_id, f"pay-{hold_id}") for hold_id in holds]
    await asyncio.gather(*(each for pair in zip(sweeps, pays, strict=True) for each in pair))
    await shop.store.expire_due(shop.room_id)
    for hold_id in holds:
        hold = await shop.store.hold(shop.room_id, hold_id)
        assert hold is not None and hold.state is HoldState.PAID


async def test_sold_out_is_not_remembered(shop: Shop) -> None:
    await shop.open(units=1)
    await shop.hold("ann")
    assert (await shop.reserve("bob")).outcome is Outcome.SOLD_OUT
    await shop.advance(HOLD_MS)
    assert (await shop.reserve("bob")).outcome is Outcome.HELD  # nobody had swept


async def test_sold_out_is_exact_however_many_other_holds_are_due_first(shop: Shop) -> None:
    others = 2 * RECLAIM_BATCH_MAX + 50
    await shop.open("cup", units=others)
    await shop.open("tea", units=1)
    for number in range(others):
        await shop.hold(f"buyer-{number}", sale_id="cup")
    lapsed = await shop.hold("ann", sale_id="tea")
    await shop.advance(HOLD_MS)
    assert (await shop.reserve("bob", sale_id="tea")).outcome is Outcome.HELD
    assert (await shop.pay(lapsed)).outcome is Outcome.REFUND_DUE


async def test_a_buyers_own_overdue_hold_does_not_count_against_the_limit(shop: Shop) -> None:
    await shop.open(units=5, per_buyer_max=1)
    await shop.hold("ann")
    assert (await shop.reserve("ann")).outcome is Outcome.USER_LIMIT
    await shop.advance(HOLD_MS)
    assert (await shop.reserve("ann")).outcome is Outcome.HELD


async def test_the_last_unit_is_sold_and_not_one_more(shop: Shop) -> None:
    await shop.open(units=3, per_buyer_max=3)
    assert (await shop.reserve("ann", 3)).outcome is Outcome.HELD
    assert (await shop.reserve("bob", 1)).outcome is Outcome.SOLD_OUT
    await shop.store.restock(shop.room_id, shop.new_id(), "tea", 1)
    assert (await shop.reserve("bob", 2)).outcome is Outcome.SOLD_OUT
    assert (await shop.reserve("bob", 1)).outcome is Outcome.HELD
    assert (await shop.reserve("cyd", 1)).outcome is Outcome.SOLD_OUT


async def test_a_cancelled_unit_counts_neither_as_sold_nor_against_the_buyer(shop: Shop) -> None:
    await shop.open(units=1, per_buyer_max=1)
    for _ in range(3):
        await shop.cancel(await shop.hold("ann"), "ann")
    assert await shop.counts() == (1, 0, 0)
    assert await shop.redis.hlen(shop.key("buyers")) == 0
