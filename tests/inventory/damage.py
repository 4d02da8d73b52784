"""What may go wrong in Redis, done on purpose, so that the audit finds it.

Each takes the shop and a paid hold's id.
"""

import msgpack
import msgspec

from tests.inventory.shop import Shop


async def units(shop: Shop, _paid: str) -> None:
    await shop.plant("tea", available=100)


async def lost_hold(shop: Shop, paid: str) -> None:
    await shop.redis.hdel(shop.key("holds"), paid)


async def lost_deadlines(shop: Shop, _paid: str) -> None:
    await shop.redis.delete(shop.key("deadlines"))


async def late_deadlines(shop: Shop, _paid: str) -> None:
    await shop.redis.zunionstore(shop.key("deadlines"), {shop.key("deadlines"): 2})


async def changed_hold(shop: Shop, paid: str) -> None:
    hold = await shop.store.hold(shop.room_id, paid)
    assert hold is not None
    cheaper = [msgspec.structs.replace(line, price_cents=1) for line in hold.lines]
    record = msgspec.to_builtins(msgspec.structs.replace(hold, lines=cheaper))
    await shop.redis.hset(shop.key("holds"), paid, msgpack.packb(record))


async def unreadable_hold(shop: Shop, paid: str) -> None:
    await shop.redis.hset(shop.key("holds"), paid, b"\xc1")


async def buyer(shop: Shop, _paid: str) -> None:
    await shop.redis.hset(shop.key("buyers"), "tea:eve", 2)


async def unforgettable(shop: Shop, paid: str) -> None:
    await shop.redis.zrem(shop.key("finished"), paid)


async def stray_finish(shop: Shop, _paid: str) -> None:
    await shop.redis.zadd(shop.key("finished"), {"nobody": 1})


async def buyer_count(shop: Shop, _paid: str) -> None:
    await shop.redis.hdel(shop.key("buyers"), "tea:bob")


async def lost_pool(shop: Shop, _paid: str) -> None:
    await shop.redis.hdel(shop.key("pools"), "tea")
