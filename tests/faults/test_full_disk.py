"""The disk is full: under Redis's file, and under SQLite's.

A file system of our own would need rights that a test must not have. So the kernel is told that no
file of the process may grow any more (RLIMIT_FSIZE, with its signal ignored): `write` fails as on a
full disk, only with EFBIG where the disk would say ENOSPC.
"""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.market import Market, reservation
from tests.harness import LiveServer, new_id
from tests.redis_nodes import Node, binaries, store_options

UNLIMITED = resource.RLIM_INFINITY
REFUSED_TIMEOUT_S = 20.0


def fill_disk(pid: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, UNLIMITED))


def make_room(pid: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))


class FillableNode(Node):
    """A redis-server that is told of a full disk by an error and not by a signal."""

    def __init__(self, folder: Path, appendfsync: str) -> None:
        binary = next(iter(binaries().values()))
        super().__init__(binary, folder, *store_options(), "--appendfsync", appendfsync)
        self._words = ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh", *self._words]

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def ended(self) -> None:
        assert self._process is not None
        async with asyncio.timeout(REFUSED_TIMEOUT_S):
            while self._process.poll() is None:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def market_on(tmp_path: Path, node: Node | None = None) -> AsyncIterator[Market]:
    settings = {} if node is None else {"KAIBO_REDIS_URL": f"redis://{node.address}/0"}
    server = LiveServer(tmp_path / "data", **settings)
    server.start()
    try:
        async with await Market.open(server, 200, per_buyer_max=99) as market:
            yield market
    finally:
        make_room(server.pid)
        assert server.stop() == 0


async def is_refused(market: Market) -> None:
    """Waits until a reservation is refused as something to try again later."""
    token = market.buyer()
    async with asyncio.timeout(REFUSED_TIMEOUT_S):
        while (answer := await market.once(token, *reservation(new_id()))).is_success:
            market.noted(token, answer)
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")


async def buy_some(market: Market) -> None:
    """Five reservations, of which two are paid."""
    token = market.buyer()
    for number in range(5):
        mine = new_id()
        assert (await market.reserve(token, mine)).code == "HELD"
        if number < 2:
            await market.report(mine, f"pay_{mine}")


async def test_redis_on_a_full_disk_sells_nothing_and_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    node = FillableNode(tmp_path, "everysec")
    node.start()
    try:
        async with market_on(tmp_path, node) as market:
            await buy_some(market)
            fill_disk(node.pid)
            await is_refused(market)
            make_room(node.pid)
            await buy_some(market)
            await market.is_whole()
    finally:
        node.kill()


async def test_redis_that_ends_rather_than_lose_a_write_comes_back_with_all_of_them(
    tmp_path: Path,
) -> None:
    """With `appendfsync always` Redis ends at the first write that the disk refuses."""
    node = FillableNode(tmp_path, "always")
    node.start()
    try:
        async with market_on(tmp_path, node) as market:
            await buy_some(market)
            fill_disk(node.pid)
            await is_refused(market)
            await node.ended()
            node.kill()
            node.start()
            await buy_some(market)
            await market.is_whole()
    finally:
        node.kill()


async def test_sql_on_a_full_disk_takes_no_payment_and_loses_none(tmp_path: Path) -> None:
    """Reserving goes on; the provider is told to come again, and the outbox waits."""
    async with market_on(tmp_path) as market:
        await buy_some(market)
        fill_disk(market.server.pid)
        token, mine = market.buyer(), new_id()
        assert (await market.reserve(token, mine)).code == "HELD"
        assert not await market.takes_report(mine, f"pay_{mine}")
        make_room(market.server.pid)
        await market.report(mine, f"pay_{mine}")
        assert await market.state(token, mine) == "paid"
        await buy_some(market)
        await market.is_whole()
