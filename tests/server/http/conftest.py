"""A room of its own on the real server for each test."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.harness import LiveServer
from tests.server.http.api import Api


@pytest.fixture
async def api(live_server: LiveServer) -> AsyncIterator[Api]:
    async with httpx.AsyncClient(base_url=live_server.url, trust_env=False) as client:
        yield Api(live_server, client)


@pytest.fixture
async def room(api: Api) -> Api:
    """A room with product `tea` and sale `flash`, open, of 3 units."""
    await api.open()
    return api
