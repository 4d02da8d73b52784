"""What contract tests share: a room for conformance, which it leaves as it was, and two servers on
one Redis, one ledger and one key, for what viewers of different workers see."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

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


class Servers(NamedTuple):
    one: LiveServer
    two: LiveServer


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The first starts the Redis that both use, so it is stopped last."""
    folder = tmp_path_factory.mktemp("pair")
    shared = {"KAIBO_DATABASE_URL": f"sqlite:///{folder / 'shared.db'}"}
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / "secret").write_text("two servers that share all but a process")
    one = LiveServer(folder / "one", **shared)
    one.start()
    redis_url = f"unix://{folder / 'one' / 'redis' / 'redis.sock'}"
    two = LiveServer(folder / "two", KAIBO_REDIS_URL=redis_url, **shared)
    two.start()
    yield Servers(one, two)
    two.stop()
    one.stop()
