"""Losing a room's Redis: all of it, or what came after a time."""

from inventory.redis_store.keys import SCRIPT_KEYS
from tests.inventory.shop import Shop

Memory = dict[str, bytes]


async def lose(shop: Shop) -> None:
    """What FLUSHALL does to the room."""
    await shop.redis.delete(*(shop.key(name) for name in (*SCRIPT_KEYS, "relay")))


async def catch_up(shop: Shop) -> None:
    """The shop's clock is the room's, which has been made anew."""
    clock = await shop.redis.get(shop.key("clock"))
    assert clock is not None and int(clock) >= shop.now_ms
    shop.now_ms = int(clock)
    await shop.stop_clock()


class Past:
    """What a replica has that hears nothing more."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._kept: Memory = {}

    async def keep(self) -> None:
        for name in SCRIPT_KEYS:
            packed: bytes | None = await self._shop.redis.dump(self._shop.key(name))
            if packed is not None:
                self._kept[name] = packed

    async def return_to(self) -> None:
        await self._shop.redis.delete(*(self._shop.key(name) for name in SCRIPT_KEYS))
        for name, packed in self._kept.items():
            await self._shop.redis.restore(self._shop.key(name), 0, packed)
        await self._shop.stop_clock()
