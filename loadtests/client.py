"""One buyer's socket: asks, and hands on the events that come. Blocking; gevent makes it many.

It has no reader of its own: events are read while it waits for an answer or `follow`s the room. So
an event that came while the buyer did something else is heard later, and must not be timed.
"""

import secrets
import time
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from server.wire.codec import MSGPACK
from server.wire.commands import COMMANDS, REPLIES, Command, Ping, Pong, Reply
from server.wire.events import EVENTS, ErrorBody, EventBody, RoomSnapshot

ANSWER_TIMEOUT_S = 15.0
CLOCK_PINGS = 5  # the one that came back fastest is believed

OPS = {command: op for op, command in COMMANDS.items()}

Hear = Callable[[EventBody, int], None]  # an event and when the server says it happened


class ProtocolBroken(Exception):
    """The server said something that protocol v1 does not allow."""


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562): 48 bits of time, then 74 random ones."""
    time_bits = (time.time_ns() // 1_000_000) << 80
    random_bits = secrets.randbits(12) << 64 | secrets.randbits(62)
    return str(uuid.UUID(int=time_bits | 0x7 << 76 | 0b10 << 62 | random_bits))


def local_ms() -> float:
    """This machine's clock."""
    return time.time_ns() / 1_000_000


class Clock(msgspec.Struct, frozen=True):
    """The server's clock as this client knows it: right to within `error_ms`."""

    offset_ms: float = 0.0
    error_ms: float = 0.0

    def now_ms(self) -> int:
        return int(local_ms() + self.offset_ms)


class RoomSocket:
    """A welcomed connection to one room."""

    def __init__(self, base_url: str, room_id: str, token: str, hear: Hear) -> None:
        self._hear = hear
        self._last_id = 0
        self._answers: dict[int, Reply | ErrorBody] = {}
        self._asked: dict[int, str] = {}
        self._socket = _connect(base_url, room_id, token)
        self.welcome = self._welcomed()

    def __repr__(self) -> str:
        return f"<RoomSocket {len(self._asked)} unanswered>"

    def close(self) -> None:
        self._socket.close()

    def abort(self) -> None:
        """End without a goodbye, as a phone that lost its network."""
        self._socket.socket.close()

    def send(self, command: Command) -> int:
        """Send a command and return its id, for `answer`."""
        self._last_id += 1
        op = OPS[type(command)]
        self._asked[self._last_id] = op
        message = [op, self._last_id, msgspec.to_builtins(command)]
        self._socket.send(MSGPACK.encode(message))
        return self._last_id

    def answer(self, command_id: int) -> Reply | ErrorBody:
        """The answer to a command, whatever comes before it. Raises TimeoutError."""
        until_s = time.monotonic() + ANSWER_TIMEOUT_S
        while command_id not in self._answers:
            self._receive(until_s - time.monotonic())
        return self._answers.pop(command_id)

    def ask(self, command: Command) -> Reply | ErrorBody:
        return self.answer(self.send(command))

    def follow(self, is_done: Callable[[], bool], for_s: float) -> bool:
        """Hear events until `is_done` or the time is over; whether it was done."""
        until_s = time.monotonic() + for_s
        while not is_done():
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return False
            try:
                self._receive(left_s)
            except TimeoutError:
                return is_done()
        return True

    def sync_clock(self) -> Clock:
        """The server's clock by the fastest of a few pings."""
        return min((self._ping() for _ in range(CLOCK_PINGS)), key=lambda clock: clock.error_ms)

    def _ping(self) -> Clock:
        sent_ms = local_ms()
        pong = self.ask(Ping(sent_at_ms=int(sent_ms)))
        now_ms = local_ms()
        assert isinstance(pong, Pong)
        offset_ms = ((pong.received_at_ms - sent_ms) + (pong.replied_at_ms - now_ms)) / 2
        return Clock(offset_ms, (now_ms - sent_ms) / 2)

    def _welcomed(self) -> RoomSnapshot:
        message = self._read(ANSWER_TIMEOUT_S)
        if message[0] != "welcome":
            raise ProtocolBroken(f"expected a welcome, got {message[0]!r}")
        return msgspec.convert(message[2], RoomSnapshot)

    def _receive(self, timeout_s: float) -> None:
        message = self._read(timeout_s)
        if message[0] == "event":
            _, name, _, at_ms, body = message
            self._hear(msgspec.convert(body, EVENTS[name].body), at_ms)
        else:
            kind, command_id, body = message
            if command_id not in self._asked:
                raise ProtocolBroken(f"answer to {command_id}, which was not asked: {body}")
            op = self._asked.pop(command_id)
            if kind == "reply":
                self._answers[command_id] = msgspec.convert(body, REPLIES[op])
            else:
                self._answers[command_id] = msgspec.convert(body, ErrorBody)

    def _read(self, timeout_s: float) -> Any:
        payload = self._socket.recv(max(timeout_s, 0.0), decode=False)
        return MSGPACK.decode(payload)


def _connect(base_url: str, room_id: str, token: str) -> ClientConnection:
    return connect(
        f"{base_url.replace('http', 'ws', 1)}/v1/rooms/{room_id}/live",
        subprotocols=[Subprotocol(MSGPACK.subprotocol)],
        additional_headers={"Authorization": f"Bearer {token}"},
        compression=None,
        proxy=None,
        ping_interval=None,
        open_timeout=ANSWER_TIMEOUT_S,
        close_timeout=1.0,
    )
