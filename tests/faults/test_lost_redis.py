"""Redis is lost in the middle of a sale, with holds that SQL had not heard of: `kaibo rebuild` and
the buyers' receipts bring everything back, and nothing is sold twice."""

import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.faults.cluster_sales import audited, buy, is_in_sql, until_paid
from tests.faults.test_redis_away import redis_pid
from tests.harness import REPOSITORY, Client, LiveServer, Refusal, new_id, one, open_room
from tests.redis_nodes import binaries
from tests.sentinels import Sentinels

DEADLINE_S = 30.0
GIVES_UP = "ledger writer waits"
ORDERS_PLANTED = 8_000


@contextlib.contextmanager
def sql_locked(server: LiveServer) -> Iterator[None]:
    """The ledger writes nothing meanwhile: SQL, which has all until now, falls behind."""
    audited(server)
    with contextlib.closing(sqlite3.connect(server.data_dir / "kaibo.db")) as other:
        other.execute("PRAGMA busy_timeout = 20000")
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def writer_gave_up(server: LiveServer) -> None:
    """Waits until the ledger writer has nothing in its hands that it could still write."""
    before, deadline = server.log().count(GIVES_UP), time.monotonic() + DEADLINE_S
    while server.log().count(GIVES_UP) == before:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


def private_redis(server: LiveServer) -> Redis:
    return Redis(unix_socket_path=str(server.data_dir / "redis" / "redis.sock"))


def rebuilt(server: LiveServer, *words: str) -> str:
    done = server.kaibo("rebuild", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def reserve(client: Client) -> dict[str, Any]:
    return await client.ask("reserve", reservation_id=new_id(), lines=one("flash"))


@contextlib.asynccontextmanager
async def joined(server: LiveServer, room: str, tokens: list[str]) -> AsyncIterator[list[Client]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(server.client(room, it)) for it in tokens]


async def test_a_flushed_redis_is_restored_under_the_viewers(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data")
    server.start()
    try:
        room = await open_room(server, units=3)
        tokens = [await server.guest(room, name) for name in ("Ann", "Bob", "Cyd", "Dan")]
        one_more = {"restock_id": new_id(), "sale_id": "flash", "units": 1}
        async with server.client(room, server.token(room, "host")) as host:
            await host.ask("restock", **one_more)
        async with joined(server, room, tokens) as (ann, bob, cyd, _):
            paid = await buy(ann)
            await is_in_sql(server, paid)
            with sql_locked(server):
                bobs, cyds = await reserve(bob), await reserve(cyd)
                with private_redis(server) as redis:
                    redis.flushall()
                await writer_gave_up(server)
        # The room's stream is lost, too, so everybody has to come back.
        async with joined(server, room, tokens) as (ann, bob, cyd, dan):
            await dan.ask("comment", text="what happened?")
            for nobody_knows in (
                dan.ask("reserve", reservation_id=new_id(), lines=one("flash")),
                bob.ask("readmit", receipt=bobs["receipt"]),
            ):
                with pytest.raises(Refusal, match="STATE_LOST"):
                    await nobody_knows
            assert room in rebuilt(server, "--dry-run")
            assert f"room {room}: Redis has lost 1 sale" in rebuilt(server)
            assert "left alone" in rebuilt(server)

            restored = await bob.event("restored")
            assert abs(restored["epoch_ms"] - time.time() * 1000) < 60_000
            with pytest.raises(Refusal, match="STALE_EPOCH"):
                reservation_id = bobs["hold"]["reservation_id"]
                await bob.ask("reserve", reservation_id=reservation_id, lines=one("flash"))
            for client, lost in ((bob, bobs), (cyd, cyds)):
                with pytest.raises(Refusal, match="UNKNOWN_HOLD"):
                    await client.ask("pay", reservation_id=lost["hold"]["reservation_id"])
                back = await client.ask("readmit", receipt=lost["receipt"])
                assert back["hold"]["reservation_id"] == lost["hold"]["reservation_id"]
            async with server.client(room, server.token(room, "host")) as host:
                assert (await host.ask("restock", **one_more))["sale"]["total"] == 4
            await reserve(dan)
            with pytest.raises(Refusal, match="USER_LIMIT"):
                await reserve(ann)
            async with server.client(room, await server.guest(room, "Eve")) as eve:
                with pytest.raises(Refusal, match="SOLD_OUT"):
                    await reserve(eve)
        audited(server)
    finally:
        assert server.stop() == 0


async def test_a_killed_server_with_an_emptied_redis_folder_is_restored(tmp_path: Path) -> None:
    """Nothing is left but SQL and what buyers keep; one of them was faster than another."""
    server = LiveServer(tmp_path / "data")
    server.start()
    try:
        room = await open_room(server, units=2)
        ann_token, bob_token = await server.guest(room), await server.guest(room, "Bob")
        async with server.client(room, ann_token) as ann, server.client(room, bob_token) as bob:
            with sql_locked(server):
                anns, bobs = await reserve(ann), await reserve(bob)
                server.kill()
                os.kill(redis_pid(server), signal.SIGKILL)
                shutil.rmtree(server.data_dir / "redis")
        said = rebuilt(server)
        assert "restored 1 sale with 2 units available and 0 held" in said
        server.start()
        async with server.client(room, await server.guest(room, "Eve")) as eve:
            await reserve(eve)
        async with server.client(room, ann_token) as ann, server.client(room, bob_token) as bob:
            await bob.ask("readmit", receipt=bobs["receipt"])
            with pytest.raises(Refusal, match="SOLD_OUT"):
                await ann.ask("readmit", receipt=anns["receipt"])
            with pytest.raises(Refusal, match="BAD_RECEIPT"):
                await ann.ask("readmit", receipt=bobs["receipt"])
            again = await bob.ask("readmit", receipt=bobs["receipt"])
            assert again["replayed"] is True
        audited(server)
    finally:
        assert server.stop() == 0


async def test_a_rebuild_that_is_killed_in_the_middle_is_run_again(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data")
    server.start()
    try:
        room = await open_room(server, units=ORDERS_PLANTED + 9)
        async with server.client(room, await server.guest(room)) as ann:
            held = (await reserve(ann))["hold"]["reservation_id"]
        audited(server)  # SQL has it
        plant_orders(server, room, held)
        with private_redis(server) as redis:
            redis.flushall()
            for _ in range(2):
                await killed_in_the_middle(server, redis)
                assert redis.exists(f"kaibo:{{{room}}}:pools", f"kaibo:{{{room}}}:holds") == 0
                left = redis.keys("*:made:*")
                assert left and all(0 < redis.ttl(key) <= 3_600 for key in left)
            rebuilt(server)
            assert redis.hlen(f"kaibo:{{{room}}}:holds") == ORDERS_PLANTED + 1
            assert redis.ttl(f"kaibo:{{{room}}}:holds") == -1
        audited(server)
    finally:
        assert server.stop() == 0


def plant_orders(server: LiveServer, room: str, like: str) -> None:
    """Gives SQL many holds, with the movements that account for them, as if they had been made."""
    with contextlib.closing(sqlite3.connect(server.data_dir / "kaibo.db")) as sql, sql:
        (position,) = sql.execute(
            "SELECT position FROM movements WHERE hold_id = ?", (like,)
        ).fetchone()
        for table in ("orders", "order_lines", "movements"):
            columns = [row[1] for row in sql.execute(f"PRAGMA table_info({table})")]
            values = ", ".join("?1" if name == "hold_id" else name for name in columns)
            ids = [
                (f"{like[:14]}7{number:05x}{like[20:]}"[:36],) for number in range(ORDERS_PLANTED)
            ]
            copy = f"INSERT INTO {table} SELECT {values} FROM {table} WHERE hold_id = ?2"  # noqa: S608
            sql.executemany(copy, [(each, like) for (each,) in ids])
        sql.execute(
            "UPDATE sales SET held = held + ?1, available = available - ?1 WHERE room_id = ?2",
            (ORDERS_PLANTED, room),
        )
        sql.execute("UPDATE orders SET buyer_id = hold_id WHERE hold_id <> ?", (like,))
        assert position


async def killed_in_the_middle(server: LiveServer, redis: Redis) -> None:
    """kill -9 once it has begun to make the room."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "rebuild"),
        cwd=REPOSITORY,
        env=server._environ,
        stdout=subprocess.DEVNULL,
    )
    before, deadline = set(redis.keys("*:made:*")), time.monotonic() + DEADLINE_S
    while not set(redis.keys("*:holds:made:*")) - before:
        assert process.returncode is None, "it was done before it could be killed"
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)
    process.kill()
    assert await process.wait() == -signal.SIGKILL


async def test_what_a_failover_lost_is_said_restored_and_readmitted(tmp_path: Path) -> None:
    """A paid order reached SQL and not the replica; a hold reached neither."""
    sentinels = Sentinels(next(iter(binaries().values())), tmp_path / "sentinels")
    server = LiveServer(tmp_path / "data", KAIBO_REDIS_URL=sentinels.url)
    try:
        sentinels.start()
        server.start()
        room = await open_room(server, units=3, per_buyer_max=3)
        ann_token, bob_token = await server.guest(room), await server.guest(room, "Bob")
        async with server.client(room, ann_token) as ann, server.client(room, bob_token) as bob:
            await buy(ann)
            await asyncio.to_thread(sentinels.until_replica_has_all)
            audited(server)
            sentinels.cut_replication()
            paid = await buy(ann)
            await is_in_sql(server, paid)
            with sql_locked(server):
                bobs = await reserve(bob)
                sentinels.primary.kill()
                sentinels.replica.resume()
                await promoted(sentinels)
                await writer_gave_up(server)
        audit = server.kaibo("audit")
        assert audit.returncode == 1
        assert paid in audit.stdout
        assert paid in rebuilt(server, "--dry-run")
        rebuilt(server)
        async with server.client(room, bob_token) as bob:
            await bob.ask("readmit", receipt=bobs["receipt"])
            with pytest.raises(Refusal, match="SOLD_OUT"):
                await reserve(bob)
            page = await bob.ask("pay", reservation_id=bobs["hold"]["reservation_id"])
            assert page["hold"]["state"] == "held"
        async with server.client(room, ann_token) as ann:
            await until_paid(ann, paid)
        audited(server)
    finally:
        assert server.stop() == 0
        sentinels.stop()


async def promoted(sentinels: Sentinels) -> None:
    deadline = time.monotonic() + DEADLINE_S
    with sentinels.replica.client() as replica:
        while replica.info("replication")["role"] != "master":
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
