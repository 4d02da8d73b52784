"""The scripts alone: what one reservation costs Redis, vectorised and one at a time.

CPU is Redis' own account of itself (INFO cpu). A rate is what one core of Redis would do if nobody
kept it waiting.
"""

import asyncio
import statistics
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from redis.asyncio import Redis

from inventory.hold import WantedLine
from inventory.redis_store.keys import room_key
from inventory.redis_store.store import RedisStore
from inventory.store import SaleTerms
from loadtests.bench_inventory.ids import reservation_ids
from loadtests.bench_inventory.plan import Plan
from loadtests.bench_inventory.scalar import SCALAR_KEYS, SCALAR_LUA
from loadtests.progress import say

SALE_ID = "sale"
DAY_MS = 86_400_000
FINISHED_SAMPLE = 2_000  # holds that are cancelled to see what a finished one weighs


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """Microseconds of Redis for one reservation; medians over the rounds."""

    scalar_us: float
    vectorised_us: dict[int, float]  # by how many go in one call


class Grown(msgspec.Struct, frozen=True, kw_only=True):
    """A sale that has so many holds."""

    holds: int
    us: float  # of Redis, for one more
    bytes_per_hold: float
    bytes_per_finished_hold: float


async def measure(redis_url: str, plan: Plan) -> Engine:
    async with Redis.from_url(redis_url) as redis:
        scalar, vectorised = [], {size: list[float]() for size in plan.batch_sizes}
        for number in range(plan.rounds):
            scalar.append(await _scalar_us(redis, f"scalar-{number}", plan.reservations))
            for size in plan.batch_sizes:
                room_id = f"vectorised-{number}-{size}"
                count = plan.reservations if size > 1 else plan.reservations // 8
                vectorised[size].append(await _vectorised_us(redis, room_id, size, count))
            say(f"engine, round {number + 1} of {plan.rounds}: scalar {scalar[-1]:.1f} us")
        return Engine(
            scalar_us=statistics.median(scalar),
            vectorised_us={size: statistics.median(found) for size, found in vectorised.items()},
        )


async def grow(redis_url: str, plan: Plan) -> list[Grown]:
    """One sale that grows, looked at on the way."""
    async with Redis.from_url(redis_url) as redis:
        store = await _sale(redis, "growing")
        empty_bytes = await _memory_bytes(redis)
        found, holds, ids = [], 0, list[str]()
        for size in plan.grown_holds:
            ids = await _reserve(store, "growing", 128, size - holds)
            holds = size
            before_s = await _cpu_s(redis)
            ids += await _reserve(store, "growing", 128, plan.reservations)
            holds += plan.reservations
            us = (await _cpu_s(redis) - before_s) / plan.reservations * 1e6
            await redis.xtrim(room_key("growing", "outbox"), maxlen=0, approximate=False)
            per_hold = (await _memory_bytes(redis) - empty_bytes) / holds
            found.append((size, us, per_hold))
            say(f"a sale of {size:,} holds: {us:.1f} us of Redis for one more")
        finished = await _finished_bytes(redis, store, ids)
        return [
            Grown(holds=size, us=us, bytes_per_hold=held, bytes_per_finished_hold=held + finished)
            for size, us, held in found
        ]


async def _scalar_us(redis: "Redis", room_id: str, count: int) -> float:
    keys = [f"bench:{{{room_id}}}:{name}" for name in SCALAR_KEYS]
    await redis.hset(keys[0], SALE_ID, 10**9)
    sha1 = await redis.script_load(SCALAR_LUA)
    before_s = await _cpu_s(redis)
    for chunk in _chunks(count, 128):
        pipe = redis.pipeline(transaction=False)
        for number, hold_id in chunk:
            pipe.evalsha(sha1, 5, *keys, hold_id, _buyer(number), SALE_ID, 1, 5, 120_000)
        await pipe.execute()
    return (await _cpu_s(redis) - before_s) / count * 1e6


async def _vectorised_us(redis: "Redis", room_id: str, size: int, count: int) -> float:
    store = await _sale(redis, room_id)
    before_s = await _cpu_s(redis)
    await _reserve(store, room_id, size, count)
    return (await _cpu_s(redis) - before_s) / count * 1e6


async def _sale(redis: "Redis", room_id: str) -> RedisStore:
    store = RedisStore(redis, retention_ms=DAY_MS, extension_ms=0, outbox_entries_max=10**9)
    terms = SaleTerms(
        sale_id=SALE_ID,
        product_id="product",
        price_cents=100,
        total_units=10**9,
        per_buyer_max=5,
        hold_duration_ms=DAY_MS,
    )
    await store.put_sale(room_id, terms)
    await store.start_sale(room_id, SALE_ID, 0, DAY_MS)
    return store


async def _reserve(store: RedisStore, room_id: str, size: int, count: int) -> list[str]:
    """Reserves in calls of `size`; the ids of the last call."""
    wanted, ids = [WantedLine(SALE_ID, 1)], list[str]()
    for chunk in _chunks(count, size):
        ids = [hold_id for _, hold_id in chunk]
        reserve: Callable[..., Any] = store.reserve
        await asyncio.gather(
            *(reserve(room_id, hold_id, f"b{hold_id[9:]}", wanted) for hold_id in ids)
        )
    return ids


async def _finished_bytes(redis: "Redis", store: RedisStore, ids: list[str]) -> float:
    """What a hold weighs more once it is over."""
    before = await _memory_bytes(redis)
    for hold_id in ids:
        await store.cancel("growing", hold_id, f"b{hold_id[9:]}")
    await redis.xtrim(room_key("growing", "outbox"), maxlen=0, approximate=False)
    return (await _memory_bytes(redis) - before) / len(ids)


_IDS = reservation_ids()


def _chunks(count: int, size: int) -> Iterable[list[tuple[int, str]]]:
    for start in range(0, count, size):
        yield [(number, next(_IDS)) for number in range(start, min(start + size, count))]


def _buyer(number: int) -> str:
    return f"b{number:016x}"


async def _cpu_s(redis: "Redis") -> float:
    info = await redis.info("cpu")
    return float(info["used_cpu_user"] + info["used_cpu_sys"])


async def _memory_bytes(redis: "Redis") -> int:
    return int((await redis.info("memory"))["used_memory"])
