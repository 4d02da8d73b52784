"""A private redis-server in the data folder: no port, an append-only file, nobody else's.

It outlives a kill -9 of ours and is adopted at the next start. Only who holds the folder's lock may
start it; `redis_of` is for commands that run beside such a server or alone.
If you change where the socket is, also change `attach`, which finds it from outside.
"""

import asyncio
import os
import shutil
import tempfile
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from server.embedded import EmbeddedError
from server.embedded.child import Child, keep_alive
from server.embedded.lock import DataDirInUse, DataDirLock
from server.embedded.redis_binary import find_redis_server, refuse_downgrade

Fsync = Literal["everysec", "always"]  # Redis's own words for when it syncs its file

SOCKET_PATH_BYTES_MAX = 100  # sun_path holds 104 bytes on BSD and macOS, 108 on Linux
ANSWER_TIMEOUT_S = 60.0  # reading a large append-only file takes a while
PING_TIMEOUT_S = 1.0
POLL_INTERVAL_S = 0.02
OWNER_TIMEOUT_S = 10.0  # how long a command waits for a server that is just starting


class PrivateRedis:
    """`start` gives the URL; run `watch` as a task while serving; cancel it before `stop`. The
    caller holds the folder's `DataDirLock` meanwhile."""

    def __init__(self, data_dir: Path, appendfsync: Fsync = "everysec") -> None:
        self._folder = _folder_of(data_dir)
        self._appendfsync = appendfsync
        self._child = Child("redis-server", self._folder, self._folder)

    def __repr__(self) -> str:
        return f"<PrivateRedis {self._child!r}>"

    @property
    def url(self) -> str:
        return _url(_socket_of(self._folder))

    @property
    def pid(self) -> int | None:
        return self._child.pid

    async def start(self) -> str:
        """Adopts the one left running, or starts one; the URL when it answers.

        Raises EmbeddedError when none starts.
        """
        try:
            if await self._adopt():
                await _set_fsync(self.url, self._appendfsync)
            else:
                await self._spawn()
        except BaseException:
            await self._child.end()
            raise
        return self.url

    async def watch(self) -> None:
        """Starts it again whenever it dies; ends only when cancelled."""
        await keep_alive(self._child, self._spawn)

    async def stop(self) -> None:
        """SIGTERM: Redis flushes and syncs its append-only file, then ends, like SHUTDOWN."""
        await self._child.end()
        _forget_socket(self._folder)

    async def _adopt(self) -> bool:
        socket = _socket_of(self._folder)
        pid = await _pid_behind(socket)
        if pid:
            self._child.adopt(pid)
            return True
        if not self._child.adopt_leftover():
            return False
        if socket.exists():  # it may still load its data
            with suppress(EmbeddedError):
                await self._until_it_answers(socket)
                return True
        await self._child.end()  # it cannot be reached, say because /tmp was emptied
        return False

    async def _spawn(self) -> None:
        binary = find_redis_server()
        refuse_downgrade(binary, self._folder)
        socket = _choose_socket(self._folder)
        self._child.spawn([binary.path, *self._options(socket)], tethered=False)
        await self._until_it_answers(socket)

    def _options(self, socket: Path) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "appendonly": "yes",
            "appendfsync": self._appendfsync,
            "save": "",
            "daemonize": "no",
            "maxmemory-policy": "noeviction",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    async def _until_it_answers(self, socket: Path) -> None:
        deadline = asyncio.get_running_loop().time() + ANSWER_TIMEOUT_S
        while not await _pid_behind(socket):
            if not self._child.alive:
                raise EmbeddedError(f"redis-server ended at once: {self._child.last_words()}")
            if asyncio.get_running_loop().time() > deadline:
                raise EmbeddedError(
                    f"redis-server does not answer after {ANSWER_TIMEOUT_S:.0f} s:"
                    f" {self._child.last_words()}"
                )
            await asyncio.sleep(POLL_INTERVAL_S)


async def attach(data_dir: Path) -> str | None:
    """The URL of the private Redis that runs in this folder now, or None."""
    socket = _socket_of(_folder_of(data_dir))
    return _url(socket) if await _pid_behind(socket) else None


@asynccontextmanager
async def redis_of(data_dir: Path, appendfsync: Fsync = "everysec") -> AsyncIterator[str]:
    """The folder's Redis for one command: a running server's, else one of its own for as long.

    Raises DataDirInUse when the folder's owner has no private Redis.
    """
    lock = DataDirLock(data_dir)
    try:
        lock.acquire()
    except DataDirInUse as refusal:
        yield await _owners_url(data_dir, refusal)
        return
    try:
        async with private_redis(data_dir, appendfsync) as private:
            yield private.url
    finally:
        lock.release()


@asynccontextmanager
async def private_redis(data_dir: Path, appendfsync: Fsync) -> AsyncIterator[PrivateRedis]:
    """The folder's own Redis, started, until the block ends."""
    private = PrivateRedis(data_dir, appendfsync)
    await private.start()
    try:
        yield private
    finally:
        await private.stop()


async def _owners_url(data_dir: Path, refusal: DataDirInUse) -> str:
    deadline = asyncio.get_running_loop().time() + OWNER_TIMEOUT_S
    while asyncio.get_running_loop().time() < deadline:
        url = await attach(data_dir)
        if url:
            return url
        await asyncio.sleep(POLL_INTERVAL_S)
    raise refusal


async def _pid_behind(socket: Path) -> int | None:
    """The redis-server's pid; None while nobody listens and while it still loads its data."""
    try:
        async with _client(_url(socket)) as client:
            await client.ping()
            return int((await client.info("server"))["process_id"])
    except (RedisError, OSError):
        return None


async def _set_fsync(url: str, appendfsync: Fsync) -> None:
    """An adopted one was started with what was set then."""
    try:
        async with _client(url) as client:
            await client.config_set("appendfsync", appendfsync)
    except (RedisError, OSError) as error:
        raise EmbeddedError(f"redis-server does not take appendfsync: {error}") from None


def _client(url: str) -> "Redis":
    return Redis.from_url(
        url,
        socket_timeout=PING_TIMEOUT_S,
        socket_connect_timeout=PING_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


def _folder_of(data_dir: Path) -> Path:
    return data_dir / "redis"


def _url(socket: Path) -> str:
    return f"unix://{quote(str(socket))}"


def _socket_of(folder: Path) -> Path:
    """Where the folder's redis-server listens, if it runs."""
    return _short_socket(folder) or folder / "redis.sock"


def _choose_socket(folder: Path) -> Path:
    """In the folder if its path is short enough, else in a private one under the system's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds buyers' names and orders
    socket = folder / "redis.sock"
    if len(os.fsencode(socket)) <= SOCKET_PATH_BYTES_MAX:
        return socket
    short = _short_socket(folder)
    if short and short.parent.exists():
        return short
    short = Path(tempfile.mkdtemp(prefix=_short_prefix(folder))) / "redis.sock"
    _note(folder).write_text(str(short))
    return short


def _short_socket(folder: Path) -> Path | None:
    """The socket outside the folder that its note names, unless the note came with a copy."""
    if not _note(folder).exists():
        return None
    socket = Path(_note(folder).read_text())
    return socket if socket.parent.name.startswith(_short_prefix(folder)) else None


def _short_prefix(folder: Path) -> str:
    return f"kaibo-{zlib.crc32(os.fsencode(folder)):08x}-"


def _note(folder: Path) -> Path:
    return folder / "socket"


def _forget_socket(folder: Path) -> None:
    socket = _short_socket(folder)
    if socket:
        shutil.rmtree(socket.parent, ignore_errors=True)
    _note(folder).unlink(missing_ok=True)
