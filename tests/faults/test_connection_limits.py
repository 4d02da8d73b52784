"""Too many connections, and too slow ones: refused or ended, while another room lives on."""

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.faults.bystanders import bystanders, memory_bytes
from tests.harness import Client, LiveServer, open_room
from tests.raw_socket import RawSocket, handshake, within

TOO_MANY = 4504
CROWD = 10_000
CROWD_SOCKET_BYTES_MAX = 32_768
SPARE_FILES = 500


@pytest.fixture
def narrow_server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server that hurries its clients and takes 40 of them, 20 from one address."""
    server = LiveServer(
        tmp_path / "data",
        KAIBO_REQUEST_TIMEOUT_S="1",
        KAIBO_CONNECTIONS_MAX="40",
        KAIBO_CONNECTIONS_PER_ADDRESS_MAX="20",
        KAIBO_CONNECTIONS_PER_USER_MAX="2",
    )
    server.start()
    yield server
    assert server.stop() == 0


@contextlib.asynccontextmanager
async def connected(server: LiveServer, count: int) -> AsyncIterator[list[RawSocket]]:
    raws = [await RawSocket.connect(server) for _ in range(count)]
    try:
        yield raws
    finally:
        for raw in raws:
            raw.writer.transport.abort()


async def is_ended(raw: RawSocket) -> bool:
    """Waits for the server to end it."""
    try:
        return await within(raw.reader.read()) == b""
    except ConnectionResetError:
        return True


async def close_code(socket: ClientConnection) -> int:
    try:
        while True:
            await within(socket.recv())
    except ConnectionClosed as closed:
        assert closed.rcvd is not None
        return closed.rcvd.code


# Slow ones.

SLOW_HEADS = {
    "nothing": b"",
    "a part of a line": b"GET /v1/ro",
    "a head without its end": b"GET /health/live HTTP/1.1\r\nHost: x\r\n",
    "a handshake without its end": handshake("r", None)[:-2],
    "a body without its end": (
        b"POST /v1/rooms/r/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b'Content-Length: 5000\r\n\r\n{"name":'
    ),
}


@pytest.mark.parametrize("head", SLOW_HEADS)
async def test_a_request_that_does_not_arrive_is_cut_off(
    narrow_server: LiveServer, head: str
) -> None:
    async with bystanders(narrow_server), connected(narrow_server, 10) as slow:
        for raw in slow:
            raw.send(SLOW_HEADS[head])
        assert all(await asyncio.gather(*map(is_ended, slow)))


async def test_a_head_that_trickles_is_cut_off_also_as_the_second_of_a_connection(
    narrow_server: LiveServer,
) -> None:
    async def trickle(raw: RawSocket) -> None:
        while not raw.writer.transport.is_closing():
            raw.send(b"X-More: y\r\n")
            await asyncio.sleep(0.1)

    async with bystanders(narrow_server), connected(narrow_server, 1) as (raw,):
        raw.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await raw.status() == 200
        raw.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\n")
        trickling = asyncio.create_task(trickle(raw))
        with contextlib.suppress(ConnectionResetError):
            await within(raw.reader.read())
        trickling.cancel()


async def test_who_is_in_a_room_is_not_hurried(narrow_server: LiveServer) -> None:
    room = await open_room(narrow_server)
    async with narrow_server.client(room, await narrow_server.guest(room)) as ann:
        async with connected(narrow_server, 1) as (slow,):
            assert await is_ended(slow)  # it came later, and its time is up
        assert await ann.ask("ping", sent_at_ms=1)


# Too many.


async def test_one_more_than_a_user_may_have_closes_the_oldest(narrow_server: LiveServer) -> None:
    room = await open_room(narrow_server)
    token = narrow_server.token(room)
    async with contextlib.AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(narrow_server.socket(room, token)) for _ in "abcd"]
        assert [await close_code(tab) for tab in tabs[:2]] == [TOO_MANY] * 2
        for tab in tabs[2:]:
            newest = Client(tab)
            await newest.welcomed()
            assert await newest.ask("ping", sent_at_ms=1)
        async with narrow_server.client(room, narrow_server.token(room, name="Bob")) as bob:
            assert await bob.ask("ping", sent_at_ms=1)


async def test_one_more_than_an_address_may_have_is_refused_until_one_leaves(
    narrow_server: LiveServer,
) -> None:
    room = await open_room(narrow_server)
    async with contextlib.AsyncExitStack() as stack:
        users = [
            await stack.enter_async_context(narrow_server.client(room, narrow_server.token(room)))
            for _ in range(20)
        ]
        async with connected(narrow_server, 3) as refused:
            assert all(await asyncio.gather(*map(is_ended, refused)))
        for user in users:
            assert await user.ask("ping", sent_at_ms=1)
    async with narrow_server.client(room, narrow_server.token(room)) as late:
        assert await late.ask("ping", sent_at_ms=1)


@pytest.fixture
def many_files() -> Iterator[None]:
    """Enough open files for the crowd's own end, which is in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard == resource.RLIM_INFINITY or hard >= CROWD + SPARE_FILES, (
        f"this test needs {CROWD + SPARE_FILES} open files: ulimit -Hn"
    )
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, CROWD + SPARE_FILES), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_ten_thousand_connections_from_one_address_are_taken_and_forgotten(
    tmp_path: Path, many_files: None
) -> None:
    server = LiveServer(tmp_path / "data", KAIBO_REQUEST_TIMEOUT_S="600")
    server.start()
    try:
        async with bystanders(server, growth_bytes_max=CROWD * CROWD_SOCKET_BYTES_MAX):
            before_bytes = memory_bytes(server)
            async with connected(server, CROWD) as crowd:
                crowd[-1].send(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
                assert await crowd[-1].status() == 200
                growth_bytes = memory_bytes(server) - before_bytes
                assert growth_bytes < CROWD * CROWD_SOCKET_BYTES_MAX
            room = await open_room(server)
            async with server.client(room, await server.guest(room)) as ann:
                assert await ann.ask("ping", sent_at_ms=1)
    finally:
        assert server.stop() == 0
