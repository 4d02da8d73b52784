"""A room that the conformance tests share, and a connection to it: they change nothing there."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.harness import LiveServer, open_room
from tests.raw_socket import RawSocket


@pytest.fixture(scope="session")
def shared_room(live_server: LiveServer) -> str:
    with asyncio.Runner() as runner:
        return runner.run(open_room(live_server))


@pytest.fixture
async def raw(live_server: LiveServer, shared_room: str) -> AsyncIterator[RawSocket]:
    """Welcomed, and speaking JSON."""
    async with await RawSocket.join(live_server, shared_room) as joined:
        yield joined
