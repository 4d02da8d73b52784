"""What Redis forgets after retention, what it must not forget, and what SQL keeps."""

import functools

import pytest
from redis.asyncio import Redis

from inventory.audit import audit
from inventory.codes import Outcome
from inventory.hold import HoldState
from inventory.ledger.ledger import Ledger
from inventory.ledger.writer import LedgerWriter
from inventory.uuid7 import FUTURE_MAX_MS
from tests.inventory.shop import HOLD_MS, RETENTION_MS, Shop, terms

FORGET_MS = RETENTION_MS + FUTURE_MAX_MS + 1


async def ended_sale(shop: Shop, hold_duration_ms: int = HOLD_MS) -> tuple[str, str]:
    """A sale stopped with a paid and a live hold; their ids."""
    await shop.open(hold_duration_ms=hold_duration_ms)
    paid, live = await shop.hold("ann"), await shop.hold("bob")
    await shop.store.end_sale(shop.room_id, "tea")
    await shop.pay(paid)
    return paid, live


async def records(shop: Shop) -> dict[str, int]:
    """How many records of each kind Redis has."""
    hashes = {name: await shop.redis.hlen(shop.key(name)) for name in ("pools", "holds", "buyers")}
    return hashes | {"finished": await shop.redis.zcard(shop.key("finished"))}


async def test_of_a_sale_long_over_redis_keeps_nothing_and_sql_everything(
    shop: Shop, writer: LedgerWriter, ledger: Ledger
) -> None:
    paid, live = await ended_sale(shop)
    await shop.advance(HOLD_MS)
    await shop.store.expire_due(shop.room_id)
    await shop.advance(FORGET_MS)
    swept = await shop.store.expire_due(shop.room_id)
    assert not swept.again
    assert await records(shop) == {"pools": 0, "holds": 0, "buyers": 0, "finished": 0}
    assert [entry.kind for entry in await shop.told()][-1] is Outcome.ARCHIVED
    report = await audit(shop.store, ledger, [shop.room_id], writer.drain)
    assert report.ok, report.lines()
    assert ledger.knows_sale(shop.room_id, "tea")
    assert ledger.statements.balances(shop.room_id).carried["tea"]["sold"] == 1
    for hold_id, state in ((paid, HoldState.PAID), (live, HoldState.EXPIRED)):
        order = ledger.hold(shop.room_id, hold_id)
        assert order is not None and order.state is state


async def test_a_pool_that_was_archived_and_is_there_again_is_a_difference(
    shop: Shop, writer: LedgerWriter, ledger: Ledger
) -> None:
    await shop.create(units=5)
    await shop.store.end_sale(shop.room_id, "tea")
    packed = await shop.redis.hget(shop.key("pools"), "tea")
    await shop.advance(FORGET_MS)
    await shop.store.expire_due(shop.room_id)
    assert isinstance(packed, bytes)
    await shop.redis.hset(shop.key("pools"), "tea", packed)
    report = await audit(shop.store, ledger, [shop.room_id], writer.drain)
    [line] = report.differences
    assert "sale tea is archived: expected no pool in Redis, found one" in line


async def test_a_sale_in_which_somebody_holds_units_is_kept(shop: Shop) -> None:
    _, live = await ended_sale(shop, hold_duration_ms=3 * RETENTION_MS)
    for _ in range(2):
        await shop.advance(FORGET_MS)
        await shop.store.expire_due(shop.room_id)
        assert await shop.counts() == (8, 1, 1)
    await shop.cancel(live, "bob")
    await shop.advance(FORGET_MS)
    await shop.store.expire_due(shop.room_id)
    assert (await records(shop))["pools"] == 0


async def test_a_sale_whose_numbers_are_wrong_is_kept_as_evidence(shop: Shop) -> None:
    await shop.create(units=5)
    await shop.store.end_sale(shop.room_id, "tea")
    await shop.plant("tea", available=6)
    await shop.advance(FORGET_MS)
    await shop.store.expire_due(shop.room_id)
    assert (await records(shop))["pools"] == 1


async def test_what_a_buyer_bought_counts_for_as_long_as_the_sale_runs(shop: Shop) -> None:
    await shop.create()
    await shop.store.start_sale(shop.room_id, "tea", 0, 5 * FORGET_MS)
    await shop.pay(await shop.hold("ann", 2), amount_cents=2 * 990)
    for _ in range(3):
        await shop.advance(FORGET_MS)
        await shop.store.expire_due(shop.room_id)
        assert (await shop.reserve("ann")).outcome is Outcome.USER_LIMIT


async def test_a_payment_for_an_archived_sale_is_to_be_refunded_and_a_restock_finds_no_sale(
    shop: Shop,
) -> None:
    await shop.open()
    lapsed = await shop.hold("ann")
    await shop.store.end_sale(shop.room_id, "tea")
    restock_id = shop.new_id()
    await shop.advance(HOLD_MS)
    await shop.store.expire_due(shop.room_id)
    await shop.store.restock(shop.room_id, restock_id, "tea", 1)
    await shop.advance(FORGET_MS - HOLD_MS)
    await shop.store.expire_due(shop.room_id)
    assert (await records(shop))["pools"] == 0
    for outcome in (Outcome.REFUND_DUE, Outcome.REPLAYED):
        assert (await shop.pay(lapsed)).outcome is outcome
    repeat = await shop.store.restock(shop.room_id, restock_id, "tea", 1)
    assert repeat.outcome is Outcome.UNKNOWN_SALE


async def test_a_lost_pool_stops_neither_the_sweeping_nor_other_sales(shop: Shop) -> None:
    await shop.open("tea")
    await shop.open("cup")
    stranded, other = await shop.hold("ann"), await shop.hold("bob", sale_id="cup")
    await shop.redis.hdel(shop.key("pools"), "tea")
    assert (await shop.pay(stranded)).outcome is Outcome.BROKEN
    assert (await shop.cancel(stranded, "ann")).outcome is Outcome.BROKEN
    await shop.advance(HOLD_MS)
    swept = await shop.store.expire_due(shop.room_id)
    assert [hold.hold_id for hold in swept.holds] == [other]


async def test_newcomers_are_told_of_sales_until_a_day_after_their_end(shop: Shop) -> None:
    for sale_id in ("old", "recent", "running", "scheduled"):
        await shop.create(sale_id)
    await shop.store.end_sale(shop.room_id, "old")
    await shop.advance(1)
    await shop.store.end_sale(shop.room_id, "recent")
    await shop.store.start_sale(shop.room_id, "running", 0, 3 * RETENTION_MS)
    await shop.advance(RETENTION_MS - 1)
    shown = await shop.store.shown_pools(shop.room_id)
    assert [pool.sale_id for pool in shown] == ["recent", "running", "scheduled"]
    assert len(await shop.store.pools(shop.room_id)) == 4


async def test_a_room_has_so_many_sales_and_no_more_until_one_is_archived(redis: Redis) -> None:
    shop = Shop(redis, sales_max=2)
    await shop.stop_clock()
    for sale_id in ("cup", "pot"):
        assert (await shop.create(sale_id)).outcome is Outcome.CREATED
    for sale_id, outcome in (("tea", Outcome.TOO_MANY_SALES), ("cup", Outcome.REPLAYED)):
        assert (await shop.create(sale_id)).outcome is outcome
    await shop.store.end_sale(shop.room_id, "cup")
    await shop.advance(FORGET_MS)
    await shop.store.expire_due(shop.room_id)
    assert (await shop.create("tea")).outcome is Outcome.CREATED


@pytest.mark.parametrize(("at_most", "again"), [(2, True), (3, True), (4, False)])
async def test_expiring_says_whether_more_may_be_due_or_old(
    shop: Shop, at_most: int, again: bool
) -> None:
    await shop.open()
    for buyer in ("ann", "bob", "cyd"):
        await shop.hold(buyer)
    await shop.store.end_sale(shop.room_id, "tea")
    await shop.advance(HOLD_MS)
    swept = await shop.store.expire_due(shop.room_id, at_most)
    assert (len(swept.holds), swept.again) == (min(at_most, 3), again)
    await shop.store.expire_due(shop.room_id)
    await shop.advance(FORGET_MS)  # three holds and a sale are old
    swept = await shop.store.expire_due(shop.room_id, at_most + 1)
    assert (swept.holds, swept.again) == ([], again)


async def test_sql_knows_which_sales_there_were_and_which_are_archived(
    shop: Shop, writer: LedgerWriter, ledger: Ledger
) -> None:
    assert not ledger.has_sales(shop.room_id)
    await shop.create("tea")
    await shop.create("cup")
    await shop.store.end_sale(shop.room_id, "tea")
    await shop.advance(FORGET_MS)
    await shop.store.expire_due(shop.room_id)
    await writer.drain(shop.room_id)
    room_id = shop.room_id
    known = [ledger.knows_sale(room_id, each) for each in ("tea", "cup", "pot")]
    assert known == [True, True, False]
    assert [ledger.has_archived(room_id, each) for each in ("tea", "cup")] == [True, False]
    assert ledger.has_sales(room_id)
    assert not ledger.has_sales("another-room")


async def test_a_sale_that_may_not_be_created_is_unknown_or_what_it_was(shop: Shop) -> None:
    put = functools.partial(shop.store.put_sale, shop.room_id, terms(), may_create=False)
    assert (await put()).outcome is Outcome.UNKNOWN_SALE
    assert await shop.store.pools(shop.room_id) == []
    await shop.create()
    assert (await put()).outcome is Outcome.REPLAYED
