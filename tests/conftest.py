"""One real server for all socket tests; each test opens a room of its own in it."""

from collections.abc import Iterator

import pytest

from tests.harness import LiveServer


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("live") / "data")
    server.start()
    yield server
    server.stop()
