"""Who waits for a unit gets it in the order of coming, before anybody who asks later."""

from redis.asyncio import Redis

from inventory.codes import Outcome
from inventory.hold import OFFERS_PER_COMMAND_MAX, Hold, HoldState, WantedLine
from inventory.store import Result
from tests.inventory.shop import HOLD_MS, Shop

MANY = 2 * OFFERS_PER_COMMAND_MAX + 10  # a restock serves half, the next command more


async def wait(shop: Shop, buyer_id: str, quantity: int = 1) -> str:
    """Asks for units of a sale that is sold out, and waits; the hold's id."""
    result = await ask(shop, buyer_id, quantity)
    assert result.outcome is Outcome.WAITING and result.hold, result
    return result.hold.hold_id


async def ask(shop: Shop, buyer_id: str, quantity: int = 1) -> Result:
    wanted = [WantedLine("tea", quantity)]
    return await shop.store.reserve(shop.room_id, shop.new_id(), buyer_id, wanted, or_wait=True)


async def held(shop: Shop, hold_id: str) -> Hold:
    hold = await shop.store.hold(shop.room_id, hold_id)
    assert hold is not None
    return hold


async def states(shop: Shop, hold_ids: list[str]) -> list[HoldState]:
    return [(await held(shop, hold_id)).state for hold_id in hold_ids]


async def sweep(shop: Shop) -> None:
    """As the sweeper does: for as long as there may be more."""
    while (await shop.store.expire_due(shop.room_id)).again:
        pass


async def sold_out(shop: Shop, units: int = 1) -> str:
    await shop.open(units=units, per_buyer_max=99)
    return await shop.hold("zoe", units)


async def test_returned_units_go_to_the_first_who_waited(shop: Shop) -> None:
    first_hold = await sold_out(shop, 2)
    ids = [await wait(shop, buyer) for buyer in ("ann", "bob", "cyd")]
    await shop.cancel(first_hold, "zoe")
    assert await states(shop, ids) == [HoldState.HELD, HoldState.HELD, HoldState.WAITING]
    offered = await held(shop, ids[0])
    assert (offered.offered, offered.deadline_ms) == (True, shop.now_ms + 60_000)


async def test_a_unit_whose_hold_expired_is_offered_in_the_same_step(shop: Shop) -> None:
    await sold_out(shop)
    [waiting] = [await wait(shop, "ann")]
    await shop.advance(HOLD_MS)
    assert (await shop.reserve("bob")).outcome is Outcome.SOLD_OUT
    assert await states(shop, [waiting]) == [HoldState.HELD]


async def test_a_unit_that_was_cut_and_put_back_goes_to_who_waits(shop: Shop) -> None:
    await sold_out(shop)
    waiting = await wait(shop, "ann")
    await shop.store.restock(shop.room_id, shop.new_id(), "tea", 1)
    assert await states(shop, [waiting]) == [HoldState.HELD]
    assert await shop.counts() == (0, 2, 0)


async def test_an_offer_that_nobody_took_goes_to_the_next(shop: Shop) -> None:
    first_hold = await sold_out(shop)
    ids = [await wait(shop, "ann"), await wait(shop, "bob")]
    await shop.cancel(first_hold, "zoe")
    await shop.advance(HOLD_MS)
    await sweep(shop)
    assert await states(shop, ids) == [HoldState.EXPIRED, HoldState.HELD]


async def test_a_buyer_has_one_place_and_may_leave_it(shop: Shop) -> None:
    first_hold = await sold_out(shop)
    ids = [await wait(shop, "ann"), await wait(shop, "bob")]
    assert (await ask(shop, "ann")).outcome is Outcome.ALREADY_WAITING
    assert (await shop.cancel(ids[0], "ann")).outcome is Outcome.LEFT
    await shop.cancel(first_hold, "zoe")
    assert await states(shop, ids) == [HoldState.CANCELLED, HoldState.HELD]


async def test_nobody_overtakes_however_many_wait(shop: Shop) -> None:
    """More wait than one command serves: who comes then is asked to come again, not served."""
    await sold_out(shop)
    ids = [await wait(shop, f"buyer-{number}") for number in range(MANY)]
    await shop.store.restock(shop.room_id, shop.new_id(), "tea", MANY)
    late = await shop.reserve("late", MANY - 2 * OFFERS_PER_COMMAND_MAX)
    assert late.outcome is Outcome.SOLD_OUT
    assert set(await states(shop, ids)) == {HoldState.HELD}


async def test_everybody_is_served_though_nobody_asks(shop: Shop) -> None:
    await sold_out(shop)
    ids = [await wait(shop, f"buyer-{number}") for number in range(MANY)]
    await shop.store.restock(shop.room_id, shop.new_id(), "tea", MANY)
    assert (await states(shop, ids)).count(HoldState.WAITING) == MANY - OFFERS_PER_COMMAND_MAX
    await sweep(shop)
    assert set(await states(shop, ids)) == {HoldState.HELD}
    assert await shop.counts() == (0, MANY + 1, 0)


async def test_who_waits_for_a_sale_that_is_ended_is_told_at_once(shop: Shop) -> None:
    await sold_out(shop)
    ids = [await wait(shop, f"buyer-{number}") for number in range(MANY)]
    await shop.store.end_sale(shop.room_id, "tea")
    await sweep(shop)
    assert set(await states(shop, ids)) == {HoldState.EXPIRED}
    [pool] = await shop.store.pools(shop.room_id)
    assert (pool.waiting, pool.waiting_next) == (0, pool.waiting_end)
    assert await shop.redis.hlen(shop.key("waiting")) == 0


async def test_a_paused_sale_serves_nobody_until_it_goes_on(shop: Shop) -> None:
    first_hold = await sold_out(shop)
    waiting = await wait(shop, "ann")
    await shop.store.pause_sale(shop.room_id, "tea")
    await shop.cancel(first_hold, "zoe")
    assert await states(shop, [waiting]) == [HoldState.WAITING]
    await shop.store.resume_sale(shop.room_id, "tea")
    assert await states(shop, [waiting]) == [HoldState.HELD]


async def test_a_place_that_somebody_left_is_free_for_another(redis: Redis) -> None:
    shop = Shop(redis, waitlist_max=2)
    await shop.stop_clock()
    await sold_out(shop)
    stays, leaves = await wait(shop, "ann"), await wait(shop, "bob")
    for _ in range(3):
        assert (await ask(shop, "cyd")).outcome is Outcome.WAITLIST_FULL
        await shop.cancel(leaves, "bob")
        leaves = await wait(shop, "bob")
    assert await redis.hlen(shop.key("waiting")) == 4  # a place and its buyer, each
    await shop.store.restock(shop.room_id, shop.new_id(), "tea", 2)
    assert await states(shop, [stays, leaves]) == [HoldState.HELD, HoldState.HELD]


async def test_who_wants_several_at_once_does_not_wait(shop: Shop) -> None:
    """Or those who want one would have to pass, or to leave a free unit alone."""
    await sold_out(shop, 2)
    assert (await ask(shop, "ann", 2)).outcome is Outcome.SOLD_OUT


async def test_who_is_served_by_the_very_call_may_wait_for_another(shop: Shop) -> None:
    await sold_out(shop)
    first = await wait(shop, "ann")
    await shop.advance(HOLD_MS)
    second = await wait(shop, "ann")
    assert await states(shop, [first, second]) == [HoldState.HELD, HoldState.WAITING]


async def test_one_command_serves_so_many_however_many_sales(shop: Shop) -> None:
    """A command's work is bounded: Redis serves nobody else meanwhile."""
    sales = [f"tea-{number}" for number in range(3)]
    ids = []
    for sale_id in sales:
        await shop.open(sale_id, units=OFFERS_PER_COMMAND_MAX, per_buyer_max=99)
        await shop.hold("zoe", OFFERS_PER_COMMAND_MAX, sale_id)
        for number in range(OFFERS_PER_COMMAND_MAX):
            wanted, hold_id = [WantedLine(sale_id, 1)], shop.new_id()
            buyer_id = f"buyer-{number}"
            await shop.store.reserve(shop.room_id, hold_id, buyer_id, wanted, or_wait=True)
            ids.append(hold_id)
    await shop.advance(HOLD_MS)
    await shop.store.expire_due(shop.room_id)
    assert (await states(shop, ids)).count(HoldState.HELD) == OFFERS_PER_COMMAND_MAX
    await sweep(shop)
    assert set(await states(shop, ids)) == {HoldState.HELD}


async def test_who_waits_on_a_broken_pool_does_not_stop_the_room(shop: Shop) -> None:
    """It waits on; when the pool is mended, it is told."""
    await shop.open("cup")
    await sold_out(shop)
    waiting = await wait(shop, "ann")
    await shop.store.end_sale(shop.room_id, "cup")
    [pool] = [each for each in await shop.store.pools(shop.room_id) if each.sale_id == "tea"]
    await shop.plant("tea", available=7)
    await shop.open("pot")
    await shop.advance((pool.ends_at_ms or 0) - shop.now_ms + 1)
    await sweep(shop)
    assert (await shop.reserve("bob", sale_id="pot")).outcome is not Outcome.BROKEN
    assert await states(shop, [waiting]) == [HoldState.WAITING]
    await shop.plant("tea", available=0)
    await shop.advance(HOLD_MS)
    await sweep(shop)
    assert await states(shop, [waiting]) == [HoldState.EXPIRED]
