"""A Redis that cannot keep what is promised ends the start, with words that say what to set."""

from pathlib import Path

import pytest

from server.settings import Settings, SettingsError
from server.stores import open_stores
from tests.redis_nodes import Node, binaries, store_options


def on_redis(node: Node, folder: Path, durability: str) -> Settings:
    return Settings.load(
        {
            "KAIBO_DATA_DIR": str(folder / "data"),
            "KAIBO_REDIS_URL": f"redis://127.0.0.1:{node.port}",
            "KAIBO_DURABILITY": durability,
        }
    )


async def test_a_redis_that_does_not_sync_is_refused_for_fsync(tmp_path: Path) -> None:
    node = Node(next(iter(binaries().values())), tmp_path, *store_options())
    node.start()
    try:
        with pytest.raises(SettingsError, match="this one has appendfsync everysec"):
            async with open_stores(on_redis(node, tmp_path, "fsync")):
                pass
        node.ask("CONFIG", "SET", "appendfsync", "always")
        async with open_stores(on_redis(node, tmp_path, "fsync")):
            pass
    finally:
        node.kill()


async def test_a_redis_without_its_replicas_is_accepted_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    node = Node(next(iter(binaries().values())), tmp_path, *store_options())
    node.start()
    try:
        async with open_stores(on_redis(node, tmp_path, "replica")):
            assert "0 replicas of 1 are there" in caplog.text
    finally:
        node.kill()


async def test_the_private_redis_has_no_replicas(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="name it by KAIBO_REDIS_URL"):
        async with open_stores(Settings(data_dir=str(tmp_path), durability="replica")):
            pass
