"""Several workers on one port: they share rooms, one may die, all may be replaced on air."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.harness import Client, LiveServer, Refusal, new_id, one, open_room


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path / "data", KAIBO_WORKERS="2")
    live.start()
    yield live
    assert live.stop() == 0


def workers(server: LiveServer) -> list[int]:
    """The supervisor's worker processes."""
    found = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    commands = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in found}
    return [pid for pid, command in commands.items() if b"server.worker" in command]


@contextlib.asynccontextmanager
async def audience(server: LiveServer, room: str, size: int) -> AsyncIterator[list[Client]]:
    async with contextlib.AsyncExitStack() as stack:
        token = await server.guest(room)
        yield [await stack.enter_async_context(server.client(room, token)) for _ in range(size)]


async def test_viewers_of_all_workers_are_in_one_room(server: LiveServer) -> None:
    room = await open_room(server, units=5)
    async with audience(server, room, 12) as viewers:
        assert len(workers(server)) == 2
        await viewers[0].ask("comment", text="to all of you")
        await viewers[0].ask("reserve", reservation_id=new_id(), lines=one("flash"))
        for viewer in viewers:
            await viewer.event("comment")
            await viewer.event("stock", where=lambda body: body["stock"]["available"] == 4)
            offsets = [offset for _, offset, _ in viewer.events if offset is not None]
            assert offsets == sorted(set(offsets))
        await viewers[0].event("viewers", where=lambda body: body["count"] == 12)
    assert server.kaibo("audit").returncode == 0


async def test_a_worker_that_is_killed_takes_only_its_own_viewers_and_is_replaced(
    server: LiveServer,
) -> None:
    room = await open_room(server, units=5)
    before = workers(server)
    async with audience(server, room, 12) as viewers:
        os.kill(before[0], signal.SIGKILL)
        survivors = [viewer for viewer in viewers if await is_alive(viewer)]
        assert 0 < len(survivors) < 12
        mine = new_id()
        await survivors[0].ask("reserve", reservation_id=mine, lines=one("flash"))
        for viewer in survivors:
            await viewer.event("stock", where=lambda body: body["stock"]["available"] == 4)
    async with asyncio.timeout(20):
        while len(workers(server)) < 2 or before[0] in workers(server):
            await asyncio.sleep(0.05)
    assert before[1] in workers(server)
    async with audience(server, room, 6) as viewers:
        assert viewers[0].welcome["sales"][0]["available"] == 4
    await the_jobs_go_on(server, room)


async def is_alive(client: Client) -> bool:
    try:
        await client.ask("ping", sent_at_ms=0)
    except ConnectionClosed:
        return False
    return True


async def the_jobs_go_on(server: LiveServer, room: str) -> None:
    """Whoever held the lease may have died: the ledger and the relay are taken over."""
    async with audience(server, room, 1) as (viewer,):
        await viewer.ask("holds")
    audit = server.kaibo("audit")
    assert audit.returncode == 0, audit.stdout


async def test_a_reload_replaces_every_worker_and_loses_no_acknowledged_command(
    server: LiveServer,
) -> None:
    room = await open_room(server, units=500)
    before = workers(server)
    tokens = [await server.guest(room) for _ in range(6)]
    done = asyncio.Event()
    buyers = [asyncio.create_task(keep_buying(server, room, token, done)) for token in tokens]
    await asyncio.sleep(0)
    os.kill(server.pid, signal.SIGHUP)
    async with asyncio.timeout(40):
        while set(workers(server)) & set(before) or len(workers(server)) != 2:
            await asyncio.sleep(0.05)
    done.set()
    codes = await asyncio.gather(*buyers)
    assert {code for each in codes for code in each} == {1012}, codes
    audit = server.kaibo("audit")
    assert audit.returncode == 0, audit.stdout


async def keep_buying(server: LiveServer, room: str, token: str, done: asyncio.Event) -> list[int]:
    """Reserve, cancel, reserve ... over reconnects, each retried by id until it is answered; every
    answered hold is still known afterwards. Returns the close codes seen."""
    codes: list[int] = []
    held: list[str] = []
    pending = new_id()
    while not done.is_set():
        try:
            async with server.client(room, token) as client:
                while not done.is_set():
                    await client.ask("reserve", reservation_id=pending, lines=one("flash"))
                    held.append(pending)
                    await client.ask("cancel", reservation_id=pending)
                    pending = new_id()
        except ConnectionClosed as error:
            codes.append(error.rcvd.code if error.rcvd else 1006)
        except Refusal as refusal:
            assert refusal.code in ("RATE_LIMITED", "UNAVAILABLE"), refusal
            await asyncio.sleep(refusal.body["retry_after_ms"] / 1000)
        except OSError:
            await asyncio.sleep(0.05)  # between two workers nobody may listen for a moment
    async with server.client(room, token) as client:
        for reservation_id in held[-5:]:
            again = await client.ask("reserve", reservation_id=reservation_id, lines=one("flash"))
            assert again["replayed"]
    return codes
