"""SQL is away for so long that the outbox reaches its bound: the sale pauses rather than sell what
nobody writes down. Money that comes meanwhile is settled, and everything goes on when SQL is back.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.market import Market
from tests.harness import LiveServer, new_id

ENTRIES_MAX = 20
PAUSED_TIMEOUT_S = 30.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path / "data", KAIBO_OUTBOX_ENTRIES_MAX=str(ENTRIES_MAX))
    live.start()
    yield live
    assert live.stop() == 0


def rename(server: LiveServer, old: str, new: str) -> None:
    """Takes the ledger's table away, or gives it back; payments have one of their own."""
    with closing(sqlite3.connect(server.data_dir / "kaibo.db", timeout=10)) as database:
        database.execute(f"ALTER TABLE {old} RENAME TO {new}")


async def reserve_until(market: Market, code: str) -> int:
    """Reserves, again and again, until the answer is `code`; how many were held before."""
    held, token = 0, market.buyer()
    async with asyncio.timeout(PAUSED_TIMEOUT_S):
        while (answer := await market.reserve(token)).code != code:
            assert answer.code in ("HELD", "PAUSED")
            held += answer.code == "HELD"
    return held


async def test_the_sale_pauses_at_the_bound_and_goes_on_when_sql_is_back(
    server: LiveServer,
) -> None:
    async with await Market.open(server, 200, per_buyer_max=99) as market:
        ann, mine = market.buyer(), new_id()
        await market.reserve(ann, mine)
        rename(server, "ledger_positions", "mislaid")
        assert await reserve_until(market, "PAUSED") <= ENTRIES_MAX
        assert (await market.reserve(market.buyer())).code == "PAUSED"
        assert await market.state(ann, mine) == "held", "who has something keeps it"
        await market.report(mine, f"pay_{mine}")
        assert await market.state(ann, mine) == "paid", "money that came is never refused"
        rename(server, "mislaid", "ledger_positions")
        await reserve_until(market, "HELD")
        await market.is_whole()
