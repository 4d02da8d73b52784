"""The store on a real Redis: the edges of its rules, concurrency, and faults."""

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis

from inventory.codes import Outcome
from inventory.hold import RECLAIM_BATCH_MAX, HoldState, WantedLine
from inventory.redis_store.keys import room_key, script_keys
from inventory.redis_store.outbox import Outbox
from inventory.store import StoreUnavailable
from inventory.uuid7 import FUTURE_MAX_MS
from tests.inventory.shop import (
    EXTENSION_MS,
    HOLD_MS,
    RETENTION_MS,
    RedisServer,
    Shop,
)


async def test_five_hundred_buyers_at_once_get_exactly_the_hundred_units(shop: Shop) -> None:
    await shop.open(units=100)
    results = await asyncio.gather(*(shop.reserve(f"buyer-{n}") for n in range(500)))
    outcomes = [result.outcome for result in results]
    assert outcomes.count(Outcome.HELD) == 100
    assert outcomes.count(Outcome.SOLD_OUT) == 400
    assert await shop.counts() == (0, 100, 0)


async def test_one_buyer_in_many_tabs_gets_no_more_than_the_limit(shop: Shop) -> None:
    await shop.open(units=100, per_buyer_max=2)
    results = await asyncio.gather(*(shop.reserve("ann") for _ in range(50)))
    assert [result.outcome for result in results].count(Outcome.HELD) == 2


async def test_a_hundred_retries_of_one_reservation_are_one_reservation(shop: Shop) -> None:
    await shop.open(units=10)
    hold_id = shop.new_id()
    results = await asyncio.gather(*(shop.reserve("ann", hold_id=hold_id) for _ in range(100)))
    assert {result.outcome for result in results} == {Outcome.HELD, Outcome.REPLAYED}
    assert await shop.counts() == (9, 1, 0)


@pytest.mark.parametrize(
    ("waited_ms", "outcome"),
    [(0, Outcome.EXTENDED), (HOLD_MS - 1, Outcome.EXTENDED), (HOLD_MS, Outcome.NOT_HELD)],
)
async def test_a_hold_is_extended_only_before_its_deadline(
    shop: Shop, waited_ms: int, outcome: Outcome
) -> None:
    await shop.open()
    hold_id = await shop.hold("ann")
    await shop.advance(waited_ms)
    assert (await shop.store.extend(shop.room_id, hold_id, "ann")).outcome is outcome


async def test_an_extended_hold_lives_until_its_new_deadline(shop: Shop) -> None:
    await shop.open()
    hold_id = await shop.hold("ann")
    await shop.store.extend(shop.room_id, hold_id, "ann")
    again = await shop.store.extend(shop.room_id, hold_id, "ann")
    assert again.outcome is Outcome.ALREADY_EXTENDED
    await shop.advance(HOLD_MS + EXTENSION_MS - 1)
    assert (await shop.store.expire_due(shop.room_id)).holds == []
    await shop.advance(1)
    [expired] = (await shop.store.expire_due(shop.room_id)).holds
    assert (expired.hold_id, expired.state) == (hold_id, HoldState.EXPIRED)


async def test_a_sale_is_open_from_its_start_up_to_its_end(shop: Shop) -> None:
    await shop.create()
    assert (await shop.reserve("ann")).outcome is Outcome.NOT_STARTED
    await shop.store.start_sale(shop.room_id, "tea", 10_000, 20_000)
    for wait_ms, outcome in ((9_999, Outcome.NOT_STARTED), (1, Outcome.HELD)):
        await shop.advance(wait_ms)
        assert (await shop.reserve("ann")).outcome is outcome
    for wait_ms, outcome in ((19_999, Outcome.HELD), (1, Outcome.ENDED)):
        await shop.advance(wait_ms)
        assert (await shop.reserve("bob")).outcome is outcome


async def test_a_sale_that_has_begun_or_ended_does_not_begin_again(shop: Shop) -> None:
    await shop.create("tea")
    await shop.create("cup")
    await shop.store.end_sale(shop.room_id, "cup")
    assert (await shop.store.end_sale(shop.room_id, "cup")).outcome is Outcome.ENDED
    await shop.store.start_sale(shop.room_id, "tea", 0, 1_000)
    for sale_id in ("tea", "cup"):
        again = await shop.store.start_sale(shop.room_id, sale_id, 0, 1_000)
        assert again.outcome is Outcome.ALREADY_STARTED
    unknown = await shop.store.start_sale(shop.room_id, "nothing", 0, 1_000)
    assert unknown.outcome is Outcome.UNKNOWN_SALE


async def test_a_hold_given_before_the_end_can_be_paid_after_it(shop: Shop) -> None:
    await shop.open()
    hold_id = await shop.hold("ann")
    await shop.store.end_sale(shop.room_id, "tea")
    assert (await shop.pay(hold_id)).outcome is Outcome.PAID


@pytest.mark.parametrize(
    ("ago_ms", "outcome"),
    [
        (RETENTION_MS, Outcome.HELD),
        (RETENTION_MS + 1, Outcome.STALE_ID),
        (-FUTURE_MAX_MS, Outcome.HELD),
        (-FUTURE_MAX_MS - 1, Outcome.STALE_ID),
    ],
)
async def test_ids_outside_the_window_are_refused(
    shop: Shop, ago_ms: int, outcome: Outcome
) -> None:
    await shop.open()
    assert (await shop.reserve("ann", hold_id=shop.new_id(ago_ms))).outcome is outcome
    restock = await shop.store.restock(shop.room_id, shop.new_id(ago_ms), "tea", 1)
    expected = Outcome.RESTOCKED if outcome is Outcome.HELD else Outcome.STALE_ID
    assert restock.outcome is expected


@pytest.mark.parametrize("bad_id", ["", "h1", "0198c0de-0000-4000-8000-000000000000"])
async def test_an_id_that_is_no_uuid7_is_a_broken_contract(shop: Shop, bad_id: str) -> None:
    with pytest.raises(ValueError, match="UUIDv7"):
        await shop.reserve("ann", hold_id=bad_id or " ")
    with pytest.raises(ValueError, match="UUIDv7"):
        await shop.store.restock(shop.room_id, bad_id, "tea", 1)


async def test_an_id_of_another_buyer_or_content_is_refused_and_tells_nothing(shop: Shop) -> None:
    await shop.open()
    hold_id = await shop.hold("ann")
    for result in (
        await shop.reserve("bob", hold_id=hold_id),
        await shop.reserve("ann", 2, hold_id=hold_id),
    ):
        assert (result.outcome, result.hold, result.pools) == (Outcome.KEY_REUSED, None, [])
    assert (await shop.cancel(hold_id, "bob")).outcome is Outcome.UNKNOWN_HOLD
    extended = await shop.store.extend(shop.room_id, hold_id, "bob")
    assert extended.outcome is Outcome.UNKNOWN_HOLD
    assert await shop.counts() == (9, 1, 0)


async def test_the_first_refusal_in_order_wins_across_lines(shop: Shop) -> None:
    await shop.open("cup", units=1)
    await shop.create("tea")
    wanted = [WantedLine("cup", 2), WantedLine("tea", 1)]
    result = await shop.store.reserve(shop.room_id, shop.new_id(), "ann", wanted)
    assert (result.outcome, result.pools[0].sale_id) == (Outcome.NOT_STARTED, "tea")
    wanted.append(WantedLine("nothing", 1))
    result = await shop.store.reserve(shop.room_id, shop.new_id(), "ann", wanted)
    assert result.outcome is Outcome.UNKNOWN_SALE


async def test_a_cart_is_held_whole_or_not_at_all(shop: Shop) -> None:
    await shop.open("tea", units=5)
    await shop.open("cup", units=1, hold_duration_ms=HOLD_MS * 2)
    wanted = [WantedLine("tea", 2), WantedLine("cup", 1)]
    first = await shop.store.reserve(shop.room_id, shop.new_id(), "ann", wanted)
    assert first.hold is not None
    assert first.hold.deadline_ms == shop.now_ms + HOLD_MS
    second = await shop.store.reserve(shop.room_id, shop.new_id(), "bob", wanted)
    assert (second.outcome, second.pools[0].sale_id) == (Outcome.SOLD_OUT, "cup")
    assert await shop.counts("tea") == (3, 2, 0)


async def test_a_finished_hold_is_forgotten_and_its_id_never_executed_again(shop: Shop) -> None:
    await shop.open(units=3)
    paid, dropped = await shop.hold("ann"), await shop.hold("bob")
    ahead = shop.new_id(-FUTURE_MAX_MS)
    assert (await shop.reserve("cyd", hold_id=ahead)).outcome is Outcome.HELD
    await shop.store.end_sale(shop.room_id, "tea")
    await shop.pay(paid)
    for hold_id, buyer in ((dropped, "bob"), (ahead, "cyd")):
        await shop.cancel(hold_id, buyer)
    await shop.advance(RETENTION_MS + FUTURE_MAX_MS)
    await shop.store.expire_due(shop.room_id)
    assert await shop.store.hold(shop.room_id, paid) is not None
    await shop.advance(1)
    await shop.store.expire_due(shop.room_id)
    for hold_id in (paid, dropped, ahead):
        assert await shop.store.hold(shop.room_id, hold_id) is None
        repeat = await shop.reserve("ann", hold_id=hold_id)
        assert repeat.outcome is Outcome.STALE_ID


async def test_restocks_repeat_by_id_and_cuts_stop_at_what_is_available(shop: Shop) -> None:
    await shop.open(units=2)
    await shop.hold("ann")
    restock_id = shop.new_id()
    for outcome in (Outcome.RESTOCKED, Outcome.REPLAYED):
        result = await shop.store.restock(shop.room_id, restock_id, "tea", 3)
        assert (result.outcome, await shop.counts()) == (outcome, (4, 1, 0))
    other = await shop.store.restock(shop.room_id, restock_id, "tea", 2)
    assert other.outcome is Outcome.KEY_REUSED
    deep = await shop.store.restock(shop.room_id, shop.new_id(), "tea", -5)
    assert deep.outcome is Outcome.CUT_TOO_DEEP
    cut = await shop.store.restock(shop.room_id, shop.new_id(), "tea", -4)
    assert (cut.outcome, await shop.counts()) == (Outcome.RESTOCKED, (0, 1, 0))


async def test_time_never_steps_back(shop: Shop) -> None:
    await shop.create()
    later = await shop.store.start_sale(shop.room_id, "tea", 0, 1_000)
    assert later.now_ms == shop.now_ms  # an hour ahead of the machine's own clock
    await shop.advance(1_000)
    assert (await shop.reserve("ann")).outcome is Outcome.ENDED
    assert int(await shop.redis.get(shop.key("clock")) or 0) == shop.now_ms


async def test_a_room_without_a_stopped_clock_follows_redis_time(redis: Redis) -> None:
    shop = Shop(redis)
    seconds, micros = await redis.time()
    created = await shop.create()
    assert 0 <= created.now_ms - (seconds * 1_000 + micros // 1_000) < 60_000


async def test_forgotten_scripts_cost_a_retry_and_nothing_else(shop: Shop) -> None:
    await shop.open(units=5)
    await shop.redis.script_flush()
    results = await asyncio.gather(*(shop.reserve(f"buyer-{n}") for n in range(10)))
    assert [result.outcome for result in results].count(Outcome.HELD) == 5


async def test_a_pool_that_breaks_the_law_is_paused_and_nothing_is_written(
    shop: Shop, outbox: Outbox
) -> None:
    await shop.open("tea")
    await shop.open("cup")
    hold_id = await shop.hold("ann")
    told = await outbox.length(shop.room_id)
    await shop.plant("tea", available=12)
    for _ in range(3):
        assert (await shop.pay(hold_id)).outcome is Outcome.BROKEN
    hold = await shop.store.hold(shop.room_id, hold_id)
    assert hold is not None and hold.state is HoldState.HELD
    entries = await shop.told()
    assert [entry.kind for entry in entries[told:]] == [Outcome.BROKEN]
    assert entries[-1].pools[0].paused
    assert (await shop.reserve("bob")).outcome is Outcome.PAUSED
    assert (await shop.reserve("bob", sale_id="cup")).outcome is Outcome.HELD


async def test_a_broken_pool_does_not_keep_other_holds_from_expiring(shop: Shop) -> None:
    await shop.open("tea")
    await shop.open("cup", units=1)
    await shop.hold("ann", sale_id="tea")
    await shop.hold("ann", sale_id="cup")
    await shop.plant("tea", held=0)
    await shop.advance(HOLD_MS)
    assert (await shop.reserve("bob", sale_id="cup")).outcome is Outcome.HELD
    assert await shop.counts("cup") == (0, 1, 0)


async def test_many_holds_of_a_broken_pool_are_set_aside_and_not_asked_for_ever(
    shop: Shop,
) -> None:
    """More than one command looks at, made in one call, so that they are named together."""
    many = RECLAIM_BATCH_MAX + 30
    await shop.open("tea", units=many, per_buyer_max=1)
    await shop.open("cup", units=1)
    await asyncio.gather(*(shop.hold(f"buyer-{number}") for number in range(many)))
    await shop.hold("ann", sale_id="cup")
    await shop.plant("tea", held=0)
    await shop.advance(HOLD_MS)
    async with asyncio.timeout(10):
        assert (await shop.reserve("bob", sale_id="cup")).outcome is Outcome.HELD
        while (await shop.store.expire_due(shop.room_id)).again:
            pass
    await shop.plant("tea", held=many, available=0)
    await shop.advance(HOLD_MS)
    while (await shop.store.expire_due(shop.room_id)).again:
        pass
    assert (await shop.counts("tea"))[1] == 0


async def test_reserving_pauses_while_the_outbox_is_full(redis: Redis, outbox: Outbox) -> None:
    shop = Shop(redis, outbox_entries_max=4)
    await shop.stop_clock()
    await shop.open(units=10)
    held = [await shop.hold(f"buyer-{n}") for n in range(2)]
    assert (await shop.reserve("bob")).outcome is Outcome.PAUSED
    assert (await shop.pay(held[0])).outcome is Outcome.PAID  # money that came is never refused
    entries = await outbox.read({shop.room_id: "0-0"})
    await outbox.trim(shop.room_id, entries[-1].stream_id)
    assert (await shop.reserve("bob")).outcome is Outcome.HELD


async def test_a_full_redis_refuses_a_whole_command(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    server.start()
    try:
        async with server.connect() as redis:
            shop = Shop(redis)
            await shop.stop_clock()
            await shop.open()
            await redis.config_set("maxmemory", "1")
            with pytest.raises(StoreUnavailable, match=r"OOM|OutOfMemory"):
                await shop.hold("ann")
            await redis.config_set("maxmemory", "0")
            assert await shop.counts() == (10, 0, 0)
            assert await redis.zcard(shop.key("deadlines")) == 0
    finally:
        server.kill()


async def test_a_redis_that_is_away_refuses_and_one_that_is_killed_forgets_nothing(
    tmp_path: Path,
) -> None:
    server = RedisServer(tmp_path, append_only=True)
    server.start()
    try:
        async with server.connect() as redis:
            shop = Shop(redis)
            await shop.stop_clock()
            await shop.open()
            hold_id = await shop.hold("ann")
            server.kill()
            with pytest.raises(StoreUnavailable) as refused:
                await shop.hold("bob")
            assert refused.value.retry_after_ms > 0
            server.start()
            repeat = await shop.reserve("ann", hold_id=hold_id)
            assert (repeat.outcome, await shop.counts()) == (Outcome.REPLAYED, (9, 1, 0))
    finally:
        server.kill()


def test_the_keys_of_a_room_share_one_hash_tag() -> None:
    keys = [*script_keys("room-1"), room_key("room-1", "relay")]
    assert len(set(keys)) == len(keys)
    assert all(key.startswith("kaibo:{room-1}:") for key in keys)


async def test_rooms_do_not_see_each_other(redis: Redis, shop: Shop) -> None:
    other = Shop(redis)
    await other.stop_clock()
    await shop.open(units=1)
    hold_id = await shop.hold("ann")
    assert await shop.store.hold(other.room_id, hold_id) is None
    assert await shop.store.pools(other.room_id) == []
    assert (await other.reserve("ann", hold_id=other.new_id())).outcome is Outcome.UNKNOWN_SALE
