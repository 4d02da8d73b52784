"""One call decides for many buyers as if each had come alone, one after the other."""

import asyncio

from inventory.codes import Outcome
from inventory.hold import HoldState
from inventory.redis_store.batcher import BATCH_MAX
from inventory.store import Result
from tests.inventory.shop import HOLD_MS, Shop


async def together(shop: Shop, *buyers: str, quantity: int = 1) -> list[Outcome]:
    """What all of them get who ask in the same turn of the loop, so in as few calls as possible."""
    results = await asyncio.gather(*(shop.reserve(buyer, quantity) for buyer in buyers))
    return [result.outcome for result in results]


async def test_the_first_who_came_get_the_units(shop: Shop) -> None:
    await shop.open(units=3)
    outcomes = await together(shop, *(f"buyer-{number}" for number in range(6)))
    assert outcomes == [Outcome.HELD] * 3 + [Outcome.SOLD_OUT] * 3


async def test_the_limit_counts_what_the_same_call_gave(shop: Shop) -> None:
    await shop.open(units=9, per_buyer_max=2)
    outcomes = await together(shop, "ann", "bob", "ann", "ann", "bob")
    assert outcomes == [*[Outcome.HELD] * 3, Outcome.USER_LIMIT, Outcome.HELD]
    assert await shop.counts() == (5, 4, 0)
    counts = await shop.redis.hgetall(shop.key("buyers"))
    assert counts == {b"tea:ann": b"2", b"tea:bob": b"2"}


async def test_who_wants_more_than_is_left_does_not_block_who_wants_less(shop: Shop) -> None:
    await shop.open(units=3, per_buyer_max=9)
    asks = [shop.reserve("ann", 2), shop.reserve("bob", 2), shop.reserve("cyd", 1)]
    outcomes = [result.outcome for result in await asyncio.gather(*asks)]
    assert outcomes == [Outcome.HELD, Outcome.SOLD_OUT, Outcome.HELD]
    assert await shop.counts() == (0, 3, 0)


async def test_an_id_asked_twice_at_once_is_one_hold(shop: Shop) -> None:
    await shop.open(units=9)
    mine = shop.new_id()
    results = await asyncio.gather(*(shop.reserve("ann", hold_id=mine) for _ in range(3)))
    assert sorted(result.outcome for result in results) == ["HELD", "REPLAYED", "REPLAYED"]
    assert await shop.counts() == (8, 1, 0)


async def test_every_hold_of_a_call_expires_by_itself(shop: Shop) -> None:
    buyers = BATCH_MAX + 40
    await shop.open(units=buyers)
    await together(shop, *(f"buyer-{number}" for number in range(buyers)))
    await shop.advance(HOLD_MS)
    while (await shop.store.expire_due(shop.room_id, 7)).again:
        pass
    assert await shop.counts() == (buyers, 0, 0)
    assert await shop.redis.zcard(shop.key("deadlines")) == 0


async def test_a_repeat_that_comes_when_the_hold_is_over_says_so(shop: Shop) -> None:
    """The call that answers it has just expired it."""
    await shop.open()
    mine = await shop.hold("ann")
    await shop.advance(HOLD_MS)
    again: Result = await shop.reserve("ann", hold_id=mine)
    assert again.outcome is Outcome.REPLAYED and again.hold
    assert again.hold.state is HoldState.EXPIRED
    assert await shop.store.hold(shop.room_id, mine) == again.hold


async def test_a_due_hold_of_a_broken_pool_expires_once_the_pool_is_mended(shop: Shop) -> None:
    await shop.open()
    await shop.hold("ann")
    await shop.plant("tea", held=0, available=10)
    await shop.advance(HOLD_MS)
    assert (await shop.store.expire_due(shop.room_id)).holds == []
    await shop.plant("tea", held=1, available=9)
    await shop.advance(HOLD_MS)
    assert len((await shop.store.expire_due(shop.room_id)).holds) == 1
