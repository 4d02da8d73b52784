"""What may go wrong between the outbox and SQL: each thing happens, and nothing is lost or doubled.

Every test runs on SQLite and on PostgreSQL. After each of them SQL, Redis and the movements say the
same.
"""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import pytest
from redis.asyncio import Redis
from sqlalchemy import Engine

from inventory.audit import audit
from inventory.codes import Outcome
from inventory.hold import HoldState
from inventory.ledger.catalogue import Catalogue, Room
from inventory.ledger.engine import LedgerUnavailable
from inventory.ledger.lag import Lag, LagMeter
from inventory.ledger.ledger import Ledger
from inventory.ledger.writer import LedgerWriter
from inventory.pool import counters
from inventory.redis_store.outbox import Outbox
from tests.harness import REPOSITORY
from tests.inventory.following import eventually, running
from tests.inventory.shop import RedisServer, Shop
from tests.postgres import PostgresServer

SCRIPT = "tests/inventory/writer_process.py"

Process = subprocess.Popen[bytes]
Away = Callable[[], contextlib.AbstractContextManager[None]]


@pytest.fixture
def start_writer(
    redis_server: RedisServer, database_url: str, catalogue: Catalogue
) -> Iterator[Callable[[], Process]]:
    """Starts a writer in a process of its own; those that are left are killed at the end."""
    started: list[Process] = []

    def start() -> Process:
        words = [sys.executable, SCRIPT, redis_server.socket_path, database_url]
        environ = {"PYTHONPATH": str(REPOSITORY)}
        started.append(subprocess.Popen(words, cwd=REPOSITORY, env=environ))
        return started[-1]

    yield start
    for process in started:
        kill(process)


@pytest.fixture
def sql_away(request: pytest.FixtureRequest, database_url: str, engine: Engine) -> Away:
    """Takes SQL away for the block: another program holds SQLite's lock, or PostgreSQL ends all
    sessions and lets nobody in."""
    if database_url.startswith("sqlite"):
        return lambda: locked(database_url.removeprefix("sqlite:///"))
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return lambda: shut_out(postgres, database_url)


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextlib.contextmanager
def shut_out(postgres: PostgresServer, url: str) -> Iterator[None]:
    postgres.shut_out(url)
    yield
    postgres.let_in(url)


def kill(process: Process) -> None:
    """kill -9, as a crash would."""
    process.kill()
    process.wait()


async def reaches_sql(ledger: Ledger, shop: Shop, hold_id: str) -> None:
    async def is_there() -> bool:
        with contextlib.suppress(LedgerUnavailable):
            return await asyncio.to_thread(ledger.hold, shop.room_id, hold_id) is not None
        return False

    await eventually(is_there, f"{hold_id} reaches SQL")


async def relay_has_told_all(shop: Shop, outbox: Outbox) -> None:
    """There is no relay here, and the outbox is trimmed only below both its readers."""
    entries = await outbox.read({shop.room_id: "0-0"}, 10_000)
    await outbox.set_relay_position(shop.room_id, entries[-1].stream_id)


async def assert_all_agrees(shop: Shop, ledger: Ledger, writer: LedgerWriter) -> None:
    report = await audit(shop.store, ledger, [shop.room_id], writer.drain)
    assert report.ok, report.lines()
    pools = {pool.sale_id: counters(pool) for pool in await shop.store.pools(shop.room_id)}
    balances = ledger.statements.balances(shop.room_id)
    assert balances.summed == balances.carried == pools


async def test_a_writer_killed_between_commit_and_trim_is_replaced(
    shop: Shop,
    outbox: Outbox,
    ledger: Ledger,
    writer: LedgerWriter,
    start_writer: Callable[[], Process],
) -> None:
    await shop.open(units=5)
    process = start_writer()
    hold_id = await shop.hold("ann")
    await reaches_sql(ledger, shop, hold_id)
    assert await outbox.length(shop.room_id) == 3  # committed, and not trimmed
    kill(process)
    await shop.pay(hold_id)
    await relay_has_told_all(shop, outbox)
    start_writer()

    async def is_trimmed() -> bool:
        return await outbox.length(shop.room_id) == 0

    await eventually(is_trimmed, "the successor trims what its predecessor had committed")
    order = ledger.hold(shop.room_id, hold_id)
    assert order is not None and order.state is HoldState.PAID
    await assert_all_agrees(shop, ledger, writer)


async def test_writers_that_die_in_the_middle_of_a_rush_lose_and_double_nothing(
    shop: Shop, ledger: Ledger, writer: LedgerWriter, start_writer: Callable[[], Process]
) -> None:
    await shop.open(units=400)
    writers = [start_writer(), start_writer()]
    for number in range(300):
        hold_id = await shop.hold(f"buyer-{number}")
        if number % 3 == 0:
            await shop.cancel(hold_id, f"buyer-{number}")
        if number % 60 == 59:
            await reaches_sql(ledger, shop, hold_id)  # so one of them is at work
            kill(writers.pop(0))
            writers.append(start_writer())
    await reaches_sql(ledger, shop, hold_id)
    await assert_all_agrees(shop, ledger, writer)
    assert len(ledger.orders(shop.room_id, 1_000)) == 300


async def test_while_sql_is_away_the_outbox_fills_up_and_the_sale_pauses(
    redis: Redis, ledger: Ledger, catalogue: Catalogue, outbox: Outbox, sql_away: Away
) -> None:
    shop = Shop(redis, outbox_entries_max=6)
    await shop.stop_clock()
    catalogue.put_room(Room(room_id=shop.room_id, title="Cups", video_url=None, currency="CNY"))
    await shop.open(units=50)
    writer = LedgerWriter(outbox, ledger, catalogue)
    meter = LagMeter(outbox, ledger)
    await writer.drain(shop.room_id)
    async with running(writer):
        with sql_away():
            told = [(await shop.reserve(f"buyer-{number}")).outcome for number in range(8)]
            assert told == [Outcome.HELD] * 4 + [Outcome.PAUSED] * 4
            waiting = await meter.measure([shop.room_id], time.time_ns() // 1_000_000 + 60_000)
            assert waiting.lag_entries == 6
            assert waiting.lag_ms >= 60_000
        await relay_has_told_all(shop, outbox)

        async def sells_again() -> bool:
            return (await shop.reserve("late")).outcome is Outcome.HELD

        await eventually(sells_again, "the sale goes on")
    await assert_all_agrees(shop, ledger, writer)
    assert len(ledger.orders(shop.room_id, 10)) == 5
    assert await meter.measure([shop.room_id], time.time_ns() // 1_000_000) == Lag(0, 0)


POISONS: dict[str, dict[str, str]] = {
    "too large a number": {"kind": "RESTOCKED", "units": str(2**63)},
    "a sale that nobody created": {"kind": "STARTED", "sale_id": "cup"},
    "no restock's id": {"kind": "RESTOCKED", "units": "1", "restock_id": "mine"},
    "not an entry": {"kind": "NEWS"},
}


async def plant(shop: Shop, *, sale_id: str = "tea", **fields: str) -> None:
    """Writes an entry into the outbox, as a bug or another version might."""
    packed = await shop.redis.hget(shop.key("pools"), "tea")
    assert isinstance(packed, bytes)
    pools = msgpack.packb([msgpack.unpackb(packed) | {"sale_id": sale_id}])
    entry: dict[Any, Any] = {"pools": pools, **fields}
    await shop.redis.xadd(shop.key("outbox"), entry)


@pytest.mark.parametrize("poison", POISONS)
async def test_a_poison_entry_is_parked_alone_and_the_audit_says_so(
    shop: Shop, ledger: Ledger, writer: LedgerWriter, poison: str
) -> None:
    await shop.open(units=60)
    before = [await shop.hold(f"before-{number}") for number in range(20)]
    await plant(shop, **POISONS[poison])
    after = [await shop.hold(f"after-{number}") for number in range(20)]
    await writer.drain(shop.room_id)
    [parked] = ledger.parked(shop.room_id)
    assert {order.hold_id for order in ledger.orders(shop.room_id, 99)} == {*before, *after}
    report = await audit(shop.store, ledger, [shop.room_id], writer.drain)
    assert not report.ok
    assert f"outbox entry {parked.position} ({parked.kind}) is parked" in "\n".join(report.lines())


async def test_a_poison_entry_of_one_room_keeps_no_other_room_back(
    shop: Shop, ledger: Ledger, writer: LedgerWriter, catalogue: Catalogue
) -> None:
    other = Shop(shop.redis)
    await other.stop_clock()
    catalogue.put_room(Room(room_id=other.room_id, title="Cups", video_url=None, currency="CNY"))
    for each in (shop, other):
        await each.open()
        await each.hold("ann")
    await plant(shop, **POISONS["a sale that nobody created"])
    held = [await each.hold("bob") for each in (shop, other)]
    assert await writer.step() == 9  # both rooms in one read and one transaction
    assert [parked.kind for parked in ledger.parked(shop.room_id)] == ["STARTED"]
    for each, hold_id in zip((shop, other), held, strict=True):
        assert ledger.hold(each.room_id, hold_id) is not None
    await assert_all_agrees(other, ledger, writer)
