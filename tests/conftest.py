"""One real server for all socket tests, and one PostgreSQL for all that need it.

Each test opens a room of its own in the one, and gets a database of its own in the other.
"""

from collections.abc import Iterator

import pytest

from tests.harness import LiveServer
from tests.postgres import PostgresServer


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
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
