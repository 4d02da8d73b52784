"""The private Redis: started, adopted, guarded, brought back."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.embedded import EmbeddedError, redis
from server.embedded.lock import DataDirInUse, DataDirLock
from server.embedded.redis import PrivateRedis, attach, redis_of
from server.embedded.redis_binary import RedisBinary, find_redis_server, refuse_downgrade

# What a Kaibo does that is then killed: it starts its Redis, writes, says so, and waits.
OWNER = """
import asyncio, sys
from pathlib import Path
from redis.asyncio import Redis
from server.embedded.lock import DataDirLock
from server.embedded.redis import PrivateRedis

async def main():
    lock = DataDirLock(Path(sys.argv[1]))
    lock.acquire()
    private = PrivateRedis(Path(sys.argv[1]))
    client = Redis.from_url(await private.start())
    await client.set("order", "paid")
    print(private.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@asynccontextmanager
async def running(private: PrivateRedis) -> AsyncIterator[Redis]:
    client = Redis.from_url(await private.start(), decode_responses=True)
    try:
        yield client
    finally:
        await client.aclose()
        await private.stop()


def start_owner(data_dir: Path) -> tuple[subprocess.Popen[str], int]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(data_dir)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout
    return owner, int(owner.stdout.readline())


def kill(owner: subprocess.Popen[str]) -> None:
    owner.kill()
    owner.communicate()


async def until(happened: Callable[[], Awaitable[bool]], timeout_s: float = 15) -> None:
    async with asyncio.timeout(timeout_s):
        while not await happened():
            await asyncio.sleep(0.02)


async def test_it_listens_on_a_socket_in_the_data_folder_and_on_no_port(tmp_path: Path) -> None:
    async with running(PrivateRedis(tmp_path)) as client:
        settings = await client.config_get("*")
    assert settings["port"] == "0"
    assert settings["unixsocket"] == str(tmp_path / "redis" / "redis.sock")
    assert settings["appendonly"] == "yes"
    assert settings["dir"] == str(tmp_path / "redis")


async def test_what_was_written_is_there_after_a_stop(tmp_path: Path) -> None:
    async with running(PrivateRedis(tmp_path)) as client:
        await client.set("order", "paid")
    async with running(PrivateRedis(tmp_path)) as client:
        assert await client.get("order") == "paid"


async def test_a_stop_leaves_no_process(tmp_path: Path) -> None:
    private = PrivateRedis(tmp_path)
    async with running(private):
        pid = private.pid
    assert pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_the_one_of_a_killed_owner_is_adopted_with_its_data(tmp_path: Path) -> None:
    owner, pid = start_owner(tmp_path)
    kill(owner)
    private = PrivateRedis(tmp_path)
    async with running(private) as client:
        assert private.pid == pid
        assert await client.get("order") == "paid"


async def test_one_that_cannot_be_reached_is_ended_before_another_starts(tmp_path: Path) -> None:
    owner, pid = start_owner(tmp_path)
    kill(owner)
    (tmp_path / "redis" / "redis.sock").unlink()
    private = PrivateRedis(tmp_path)
    async with running(private) as client:
        assert private.pid != pid
        assert await client.get("order") == "paid"


async def test_a_second_owner_is_refused_and_told_the_pid(tmp_path: Path) -> None:
    owner, _ = start_owner(tmp_path)
    try:
        with pytest.raises(DataDirInUse, match=f"pid {owner.pid}"):
            DataDirLock(tmp_path).acquire()
    finally:
        kill(owner)
    with DataDirLock(tmp_path):  # it is free again, and so is the Redis that was left running
        async with running(PrivateRedis(tmp_path)) as client:
            assert await client.ping()


async def test_a_command_is_refused_where_the_owner_uses_another_redis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "OWNER_TIMEOUT_S", 0.1)
    with DataDirLock(tmp_path), pytest.raises(DataDirInUse):
        async with redis_of(tmp_path):
            pass


@pytest.mark.parametrize("leave_one_running", [False, True])
async def test_it_syncs_as_it_is_told_also_when_it_is_adopted(
    tmp_path: Path, leave_one_running: bool
) -> None:
    if leave_one_running:
        kill(start_owner(tmp_path)[0])
    async with running(PrivateRedis(tmp_path, "always")) as client:
        assert (await client.config_get("appendfsync"))["appendfsync"] == "always"


async def test_a_killed_redis_comes_back_by_itself_with_its_data(tmp_path: Path) -> None:
    private = PrivateRedis(tmp_path)
    async with running(private) as client:
        watch = asyncio.create_task(private.watch())
        await client.set("order", "paid")
        killed = private.pid
        assert killed
        os.kill(killed, signal.SIGKILL)

        async def is_back() -> bool:
            with suppress(RedisError):
                return await client.get("order") == "paid" and private.pid != killed
            return False

        await until(is_back)
        watch.cancel()


async def test_a_data_folder_with_a_long_path_works_and_is_adopted_too(tmp_path: Path) -> None:
    data_dir = tmp_path / ("long" * 30)
    owner, pid = start_owner(data_dir)
    kill(owner)
    assert await attach(data_dir)
    private = PrivateRedis(data_dir)
    async with running(private) as client:
        socket = Path(str((await client.config_get("unixsocket"))["unixsocket"]))
        assert private.pid == pid
        assert len(os.fsencode(socket)) <= 100
        assert socket.parent.stat().st_mode & 0o077 == 0
    assert not socket.parent.exists()


async def test_a_path_with_spaces_and_signs_makes_a_url_that_works(tmp_path: Path) -> None:
    async with running(PrivateRedis(tmp_path / "my shop % 直播 ?#")) as client:
        assert await client.ping()


async def test_a_command_beside_a_server_uses_the_servers_redis(tmp_path: Path) -> None:
    owner, pid = start_owner(tmp_path)
    try:
        async with redis_of(tmp_path) as url, Redis.from_url(url) as client:
            assert (await client.info("server"))["process_id"] == pid
        assert await attach(tmp_path)
    finally:
        kill(owner)
    async with running(PrivateRedis(tmp_path)):
        pass


async def test_a_command_alone_starts_one_and_stops_it(tmp_path: Path) -> None:
    assert await attach(tmp_path) is None
    async with redis_of(tmp_path) as url, Redis.from_url(url) as client:
        await client.set("order", "paid")
    assert await attach(tmp_path) is None


async def test_a_redis_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis" / "appendonly.aof").write_text("this is no append-only file")
    (tmp_path / "redis" / "appendonlydir").write_text("nor is this a folder")
    if find_redis_server().version < (7, 0):
        (tmp_path / "redis" / "appendonlydir").unlink()
    with pytest.raises(EmbeddedError, match=r"(?s)redis-server ended at once.*append"):
        await PrivateRedis(tmp_path).start()


def test_files_of_a_newer_redis_are_not_taken_for_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").mkdir()
    with pytest.raises(EmbeddedError, match="Redis 7 or newer"):
        refuse_downgrade(RedisBinary("/bin/redis-server", (6, 2)), tmp_path)
    refuse_downgrade(RedisBinary("/bin/redis-server", (7, 2)), tmp_path)


def test_an_old_redis_on_path_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho Redis server v=5.0.7 sha=0\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    found = find_redis_server()
    assert found.path != str(old)
    assert found.version >= (6, 2)
