"""A real Redis of each test's own, through the client that the server uses."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.connecting import redis_client
from server.embedded.redis import PrivateRedis


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[Redis]:
    private = PrivateRedis(tmp_path)
    client = redis_client(await private.start())
    yield client
    await client.aclose()
    await private.stop()
