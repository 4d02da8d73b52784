"""A real Redis of each test's own, through the client that the server uses."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.embedded.redis import PrivateRedis
from server.redis_client import connect_redis


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[Redis]:
    private = PrivateRedis(tmp_path)
    client = connect_redis(await private.start())
    yield client
    await client.aclose()
    await private.stop()
