"""What all tests share: a real server, a PostgreSQL, and a Redis Cluster of each kind there is.

Each test opens a room of its own in the server, and gets a database of its own in PostgreSQL.
"""

from collections.abc import AsyncIterator, Iterator

import pytest

from server.cluster.client import ClusterRedis
from server.connecting import reach, redis_client
from tests.harness import LiveServer
from tests.postgres import PostgresServer
from tests.redis_nodes import Cluster, binaries


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for all socket tests; each test opens a room of its own in it."""
    server = LiveServer(tmp_path_factory.mktemp("live") / "data")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.start()
    server.make_template()
    yield server
    server.close()


@pytest.fixture(scope="session", params=list(binaries()))
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Three primaries, of each redis-server that the machine has; tests leave them as they are."""
    cluster = Cluster(binaries()[request.param], tmp_path_factory.mktemp("cluster"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
async def cluster_redis(cluster: Cluster) -> AsyncIterator[ClusterRedis]:
    """The client that the server uses."""
    client = redis_client(cluster.url)
    assert isinstance(client, ClusterRedis)
    await reach(client)
    yield client
    await client.aclose()
