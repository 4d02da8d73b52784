"""What Redis and the workers suffer while everybody trades: scripts forgotten, Redis killed, a
worker killed or frozen, a clock that steps back. Nothing acknowledged is lost or sold twice.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.market import Kept, Market, redis_pid
from tests.faults.test_workers import workers
from tests.harness import LiveServer, new_id

TRADERS = 8
UNITS = 400
DEALS = 30  # acknowledged, before and after the fault
WRITE_DELAY_S_MAX = (
    2.5  # with durability memory, Redis may answer this long before it writes its file
)


@asynccontextmanager
async def market_of(
    tmp_path: Path, duration_s: int = 300, **settings: str
) -> AsyncIterator[Market]:
    """A sale in a server of its own."""
    server = LiveServer(tmp_path / "data", **settings)
    server.start()
    try:
        async with await Market.open(
            server, UNITS, per_buyer_max=99, duration_s=duration_s
        ) as market:
            yield market
    finally:
        assert server.stop() == 0


async def suffer(market: Market, fault: Callable[[], Awaitable[None]]) -> None:
    """Trade, the fault, and trade again until so many deals more were acknowledged."""
    seen: list[int] = []

    def is_over() -> bool:
        return bool(seen) and len(market.kept) >= seen[0] + DEALS

    trading = asyncio.create_task(market.trade(TRADERS, is_over))
    while len(market.kept) < DEALS:
        assert not trading.done(), trading.exception()
        await asyncio.sleep(0.01)
    await fault()
    seen.append(len(market.kept))
    await trading


async def test_scripts_are_forgotten_again_and_again(tmp_path: Path) -> None:
    async with market_of(tmp_path) as market:

        async def flush() -> None:
            before = len(market.kept)
            async with market.redis() as redis:
                while len(market.kept) < before + DEALS:
                    await redis.script_flush()
                    await asyncio.sleep(0)

        await suffer(market, flush)
        await market.is_whole()


@pytest.mark.parametrize("durability", ["fsync", "memory"])
async def test_redis_is_killed(tmp_path: Path, durability: str) -> None:
    """With `fsync` no acknowledgement is lost; with `memory` none that is older than the delay
    which the documentation admits."""
    killed_at_s = 0.0

    async with market_of(tmp_path, KAIBO_DURABILITY=durability) as market:

        async def kill() -> None:
            nonlocal killed_at_s
            killed_at_s = time.monotonic()
            os.kill(redis_pid(market.server), signal.SIGKILL)

        await suffer(market, kill)
        lost = await market.lost()
        assert not [kept for kept in lost if durability == "fsync" or is_old(kept, killed_at_s)]
        if not lost:
            await market.audit()


def is_old(kept: Kept, killed_at_s: float) -> bool:
    return kept.told_at_s < killed_at_s - WRITE_DELAY_S_MAX


async def lease_holder(market: Market) -> int:
    """The worker that does the jobs: ledger, relay, sweeper, settler."""
    async with market.redis() as redis:
        holder = await redis.get("kaibo:lease:jobs")
    return int(holder.rsplit(b"-", 2)[1]) if isinstance(holder, bytes) else 0  # 0: nobody


async def test_the_worker_that_writes_the_ledger_is_killed(tmp_path: Path) -> None:
    async with market_of(tmp_path, KAIBO_WORKERS="2") as market:

        async def kill() -> None:
            os.kill(await lease_holder(market), signal.SIGKILL)

        await suffer(market, kill)
        await market.is_whole()


async def test_the_worker_that_writes_the_ledger_is_frozen(tmp_path: Path) -> None:
    """Another takes its jobs over; when it wakes up, both do them for a moment."""
    async with market_of(tmp_path, KAIBO_WORKERS="2") as market:
        frozen = await lease_holder(market)

        async def freeze() -> None:
            os.kill(frozen, signal.SIGSTOP)
            async with asyncio.timeout(30):
                while await lease_holder(market) in (0, frozen):
                    await asyncio.sleep(0.1)
            os.kill(frozen, signal.SIGCONT)

        try:
            await suffer(market, freeze)
        finally:
            if frozen in workers(market.server):
                os.kill(frozen, signal.SIGCONT)
        await market.is_whole()


async def test_the_machines_clock_steps_back_by_an_hour(tmp_path: Path) -> None:
    """Simulated by what it leaves behind: a room that has seen a time an hour ahead of Redis's own.
    Its time stands still then. What was over stays over, what is held stays held, selling goes on.
    """
    async with market_of(tmp_path, duration_s=2 * 3_600) as market:
        ann, lapsed, bob, mine = market.buyer(), new_id(), market.buyer(), new_id()
        await market.reserve(ann, lapsed)

        async def step_back() -> None:
            await market.pass_time(3_600_000)

        await suffer(market, step_back)
        before = await market.reserve(bob, mine)
        after = await market.reserve(bob)
        assert before.hold["deadline_ms"] == after.hold["deadline_ms"], "time stands still"
        assert await market.state(ann, lapsed) == "expired"
        assert await market.state(bob, mine) == "held"
        await market.pass_time(3_600_000)
        assert (await market.reserve(bob)).code == "ENDED"
        await market.is_whole()
