"""A real server in a process of its own, and a small protocol client: what socket tests stand on.

The server is started as its users start it (`kaibo serve`), on a data folder of the test's own, and
may be killed and started again on it.
"""

import asyncio
import contextlib
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import msgpack
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from inventory.uuid7 import uuid7
from server.tokens import Caller, Tokens
from server.wire.views import Role

START_TIMEOUT_S = 30.0
ANSWER_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0  # who has not read what came does not see the server's close frame
REPOSITORY = Path(__file__).parent.parent


def new_id() -> str:
    """A fresh UUIDv7."""
    return uuid7(time.time_ns() // 1_000_000, secrets.token_bytes(10))


def kaibo(data_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a `kaibo` command on a data folder that no server of this test's owns."""
    return subprocess.run(
        [sys.executable, "-m", "server", *words, "--data-dir", str(data_dir)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class LiveServer:
    """`kaibo serve`, or another `command` that serves, on `data_dir`; `environ` adds settings."""

    def __init__(self, data_dir: Path, command: str = "serve", **environ: str) -> None:
        self.data_dir = data_dir
        self.url = ""
        self.printed = ""  # what it printed until it served
        self._command = command
        self._environ = {**os.environ, "KAIBO_DATA_DIR": str(data_dir), "KAIBO_PORT": "0"} | environ
        self._process: subprocess.Popen[str] | None = None
        self._log_path = data_dir.parent / f"{data_dir.name}.log"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it says where it serves; later starts keep the port."""
        with self._log_path.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "server", self._command],
                cwd=REPOSITORY,
                env=self._environ,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.url = self._url_printed()
        self._environ["KAIBO_PORT"] = self.url.rsplit(":", 1)[1]
        self._wait_until_ready()

    def _url_printed(self) -> str:
        """Where it serves, in the words of either command."""
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.printed += line
            found = re.search(r"(?:serving at|Health) +(http://[^/\s]+)", line)
            if found:
                return found[1]
        raise AssertionError(f"the server did not start: {self.log()[-2000:]}")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health/ready", timeout=2).status_code == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(f"not ready in time: {self._log_path.read_text()[-2000:]}")

    def kill(self) -> None:
        """kill -9, as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop; returns its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        status = self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status

    def log(self) -> str:
        return self._log_path.read_text()

    def kaibo(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a `kaibo` command on the same data folder."""
        return subprocess.run(
            [sys.executable, "-m", "server", *words],
            cwd=REPOSITORY,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def token(self, room: str, role: Role = "viewer", name: str = "Ann") -> str:
        """A token signed with the server's own key, as `kaibo token` prints it."""
        secret = (self.data_dir / "secret").read_bytes().strip()
        caller = Caller(f"u_{secrets.token_hex(8)}", name, role, room)
        return Tokens(secret, 3600, 3600).issue(caller, int(time.time()))[0]

    async def guest(self, room: str, name: str = "Ann") -> str:
        """A guest's token, as a browser gets it."""
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{self.url}/v1/rooms/{room}/tokens", json={"name": name})
        answer.raise_for_status()
        return str(answer.json()["token"])

    @contextlib.asynccontextmanager
    async def client(
        self, room: str, token: str, since: str | None = None
    ) -> "AsyncIterator[Client]":
        """A welcomed msgpack client, which says that it was at `since` (epoch:offset)."""
        async with self.socket(room, token, since=since) as socket:
            client = Client(socket)
            await client.welcomed()
            yield client

    def socket(self, room: str, token: str | None, **options: Any) -> connect:
        """A raw connection; `subprotocol` may name the other codec, `more_subprotocols` follow."""
        offered = [options.pop("subprotocol", "kaibo.v1.msgpack")]
        offered += options.pop("more_subprotocols", [])
        since = options.pop("since", None)
        query = f"?since={since}" if since else ""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return connect(
            f"{self.url.replace('http', 'ws', 1)}/v1/rooms/{room}/live{query}",
            subprotocols=[Subprotocol(entry) for entry in offered],
            additional_headers=headers,
            compression=None,
            proxy=None,
            close_timeout=CLOSE_TIMEOUT_S,
            **options,
        )


class Refusal(Exception):
    """An `error` answer."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(f"{body['code']}: {body['message']}")
        self.code: str = body["code"]
        self.body = body


class Client:
    """Speaks protocol v1 over one socket: asks, and keeps the events that come."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._last_id = 0
        self.welcome: dict[str, Any] = {}
        self.events: list[tuple[str, int | None, dict[str, Any]]] = []

    async def receive(self) -> list[Any]:
        message = await asyncio.wait_for(self._socket.recv(), ANSWER_TIMEOUT_S)
        assert isinstance(message, bytes)
        unpacked: list[Any] = msgpack.unpackb(message)
        if unpacked[0] == "event":
            self.events.append((unpacked[1], unpacked[2], unpacked[4]))
        return unpacked

    async def welcomed(self) -> None:
        message = await self.receive()
        assert message[0] == "welcome", message
        self.welcome = message[1] | message[2]

    async def send(self, message: Any) -> None:
        await self._socket.send(msgpack.packb(message))

    async def ask(self, op: str, **body: Any) -> dict[str, Any]:
        """The reply to a command. Raises Refusal on an error."""
        self._last_id += 1
        await self.send([op, self._last_id, body])
        return await self.answer(self._last_id)

    async def answer(self, command_id: int | None) -> dict[str, Any]:
        """The answer with `command_id`, whatever comes before it."""
        while True:
            message = await self.receive()
            if message[0] in ("reply", "error") and message[1] == command_id:
                if message[0] == "error":
                    raise Refusal(message[2])
                reply: dict[str, Any] = message[2]
                return reply

    async def event(
        self, kind: str, *, where: Callable[[Any], bool] = bool, since: int = 0
    ) -> dict[str, Any]:
        """The first event of `kind` whose body fits: still to come, or received already, but not
        among the first `since`."""
        seen = since
        while True:
            for name, _, body in self.events[seen:]:
                if name == kind and where(body):
                    return body
            seen = len(self.events)
            await self.receive()

    async def closed(self) -> tuple[int, str]:
        """The close code and reason, after whatever comes before it."""
        try:
            while True:
                await self.receive()
        except ConnectionClosed as error:
            assert error.rcvd is not None, "closed without a close frame"
            return error.rcvd.code, error.rcvd.reason


def one(sale_id: str, quantity: int = 1) -> list[dict[str, Any]]:
    """The lines of a reservation of one sale."""
    return [{"sale_id": sale_id, "quantity": quantity}]


async def open_room(
    server: LiveServer,
    *,
    units: int = 10,
    per_buyer_max: int = 1,
    hold_duration_s: int = 60,
    start: bool = True,
) -> str:
    """A room `r_...` with product `tea` and sale `flash`, open unless `start` is false."""
    room = f"r_{secrets.token_hex(4)}"
    terms = {
        "product_id": "tea",
        "price_cents": 1_990,
        "total_units": units,
        "per_buyer_max": per_buyer_max,
        "hold_duration_s": hold_duration_s,
    }
    calls: list[tuple[str, str, dict[str, object]]] = [
        ("PUT", "", {"title": "Tea night"}),
        ("PUT", "/products/tea", {"title": "Tea", "list_price_cents": 2_990}),
        ("PUT", "/sales/flash", dict(terms)),
    ]
    if start:
        calls.append(("POST", "/sales/flash/start", {"countdown_s": 0}))
    headers = {"Authorization": f"Bearer {server.token(room, 'host')}"}
    async with httpx.AsyncClient(headers=headers) as host:
        for method, path, body in calls:
            url = f"{server.url}/v1/rooms/{room}{path}"
            answer = await host.request(method, url, json=body)
            assert answer.is_success, answer.text
    return room
