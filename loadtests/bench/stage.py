"""The stage: Kaibo twice on one Redis and one SQL, and a room.

The *office* gives out tokens, takes the comments and publishes them; it also starts the Redis. It
runs beside the readers. A *worker* only delivers; it has a core to itself and is what is measured.
"""

import http.client
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from redis import Redis

from loadtests.bench.channel import Channel
from loadtests.bench.children import Child, child
from loadtests.bench.crowd import Door
from loadtests.bench.frames import handshake
from loadtests.bench.machine import Cores
from loadtests.errors import CommandRefused
from loadtests.own_server import Kaibo, wait_until_ready

ROOM_ID = "bench"
LIVE_PATH = f"/v1/rooms/{ROOM_ID}/live"
SUBPROTOCOL = "kaibo.v1.msgpack"
TIMEOUT_S = 15.0
# Readers do not speak, so the worker would ping them; the peers do not ping either.
PING_EVERY_S = 86_400


class Position(NamedTuple):
    """Where a room's stream is, in the protocol's words."""

    epoch: str
    offset: int


class Stage:
    """Where everything is. `folder` is gone when the run is over."""

    def __init__(self, folder: Path, cores: Cores, office: Child, kaibo: Kaibo) -> None:
        self.folder = folder
        self.cores = cores
        self.office = office
        self.redis_url = f"unix://{folder}/office/redis/redis.sock"
        self.redis: Redis = Redis.from_url(self.redis_url)
        self.host_token = kaibo.host_token(ROOM_ID)
        self._tokens: list[str] = []
        self._children = 0

    def log_path(self) -> Path:
        self._children += 1
        return self.folder / f"{self._children}.log"

    def channel(self) -> Channel:
        """The room's own channel, with the epoch that its workers follow."""
        return Channel(self.redis, f"kaibo:{{{ROOM_ID}}}:live", self.position().epoch)

    def position(self) -> Position:
        """Where the room's stream is."""
        state: Any = self.redis.hgetall(f"kaibo:{{{ROOM_ID}}}:room")
        if b"epoch" not in state:
            raise CommandRefused("say where the room is", "nobody has ever entered it")
        return Position(state[b"epoch"].decode(), int(state.get(b"offset", b"0")))

    def redis_version(self) -> str:
        return str(self.redis.info("server")["redis_version"])

    @contextmanager
    def worker(self) -> Iterator[Child]:
        """A Kaibo server that shares the office's stores, on the server's core."""
        data = self.folder / f"worker-{self._children}"
        settings = {
            "--data-dir": str(data),
            "--redis-url": self.redis_url,
            "--database-url": f"sqlite:///{self.folder}/office/kaibo.db",
            "--token-secret": (self.folder / "office" / "secret").read_text().strip(),
        }
        command = [*_serve(data), *(word for pair in settings.items() for word in pair)]
        with child(command, (self.cores.server,), self.log_path()) as worker:
            wait_until_ready(worker.url, worker.log_path)
            yield worker

    def door(self, worker: Child, viewers: int, since: str = "") -> Door:
        """How `viewers` guests, each with a token of their own, enter the room."""
        self.issue_tokens(viewers)
        query = f"?since={since}" if since else ""

        def knock(number: int) -> bytes:
            return knock_with(self._tokens[number % viewers], query)

        return Door(worker.port, knock)

    def issue_tokens(self, count: int) -> None:
        """Tokens for `count` guests, from the office; those there are already stay good."""
        connection = http.client.HTTPConnection("127.0.0.1", self.office.port, timeout=TIMEOUT_S)
        while len(self._tokens) < count:
            body = json.dumps({"name": f"guest {len(self._tokens)}"})
            connection.request("POST", f"/v1/rooms/{ROOM_ID}/tokens", body, _JSON)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status not in (httpx.codes.OK, httpx.codes.CREATED):
                raise CommandRefused("give a guest a token", text.decode()[:200])
            self._tokens.append(json.loads(text)["token"])
        connection.close()


_JSON = {"Content-Type": "application/json"}


def knock_with(token: str, query: str = "") -> bytes:
    """The handshake of a viewer or a host."""
    headers = {"Sec-WebSocket-Protocol": SUBPROTOCOL, "Authorization": f"Bearer {token}"}
    return handshake(f"{LIVE_PATH}{query}", headers)


@contextmanager
def open_stage(cores: Cores) -> Iterator[Stage]:
    """The office with its Redis, and an empty room."""
    with tempfile.TemporaryDirectory(prefix="kaibo-bench-") as name:
        folder = Path(name)
        data = folder / "office"
        with child(_serve(data), cores.others, folder / "office.log") as office:
            wait_until_ready(office.url, office.log_path)
            stage = Stage(folder, cores, office, Kaibo(data))
            _open_room(stage)
            yield stage
            stage.redis.close()


def _serve(data: Path) -> list[str]:
    return Kaibo(data).arguments("serve", "--port", "0", "--ping-interval-s", str(PING_EVERY_S))


def _open_room(stage: Stage) -> None:
    answer = httpx.put(
        f"{stage.office.url}/v1/rooms/{ROOM_ID}",
        json={"title": "Bench"},
        headers={"Authorization": f"Bearer {stage.host_token}"},
        timeout=TIMEOUT_S,
        trust_env=False,
    )
    if not answer.is_success:
        raise CommandRefused("open the room", answer.text[:200])
