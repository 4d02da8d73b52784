"""The wiring: what settings do to the parts that are made from them."""

from pathlib import Path

import pytest

from server.app import make_desk
from server.embedded.lock import DataDirInUse, DataDirLock
from server.settings import Settings
from server.stores import open_stores
from server.tokens import Caller
from server.wire.commands import Comment, Commented, PutRoom, Reply
from server.wire.events import ErrorBody

HOST = Caller("h", "Mei", "host", "tea")
VIEWER = Caller("g", "Ann", "viewer", "tea")


@pytest.mark.parametrize("per_minute", [1, 5, 30])
async def test_no_more_comments_at_once_than_in_a_minute(tmp_path: Path, per_minute: int) -> None:
    settings = Settings(data_dir=str(tmp_path), comments_per_minute_max=per_minute)
    async with open_stores(settings) as stores:
        handle = make_desk(stores).dispatcher.handle
        assert isinstance(await handle(HOST, "put_room", PutRoom("Tea night")), Reply)
        for _ in range(min(5, per_minute)):
            assert isinstance(await handle(VIEWER, "comment", Comment("hi")), Commented)
        refused = await handle(VIEWER, "comment", Comment("hi"))
        assert isinstance(refused, ErrorBody)
        assert refused.code == "RATE_LIMITED"


async def test_a_servers_stores_are_opened_under_its_lock(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path / "data"), durability="fsync")
    settings.make_data_folder()
    with DataDirLock(settings.data_path) as lock:
        async with open_stores(settings, lock) as stores:
            with pytest.raises(DataDirInUse):
                DataDirLock(settings.data_path).acquire()
            told = await stores.redis.config_get("appendfsync")
            assert "always" in str(told)
