"""One person's socket: asks, and hands on the events that come. Blocking; gevent makes it many.

It has no reader of its own: events are read while it waits for an answer or `follow`s the room. So
an event that came while its person did something else is heard later, and must not be timed.

In a room full of comments most frames are of no interest to a buyer: only the events named in
`wanted` are decoded, so that hundreds of people fit on one core.
"""

import secrets
import socket
import ssl
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from loadtests.bench.frames import HEAD_END, client_frame, handshake, is_accepted, split_frames
from loadtests.swarm.reader import pong
from server.wire.codec import MSGPACK
from server.wire.commands import COMMANDS, REPLIES, Command, Ping, Pong, Reply
from server.wire.events import EVENTS, ErrorBody, EventBody, RoomSnapshot

ANSWER_TIMEOUT_S = 15.0
CLOCK_PINGS = 3  # the one that came back fastest is believed
READ_BYTES = 65_536
BINARY, CLOSE, PING = 2, 8, 9
EVENT_HEAD = b"\x95\xa5event"  # a msgpack array of five, the first of them this word
FIXSTR = 0xA0

OPS = {command: op for op, command in COMMANDS.items()}

Hear = Callable[[EventBody, int], None]  # an event and when the server says it happened


class ProtocolBroken(Exception):
    """The server said something that protocol v1 does not allow."""


class ConnectionEnded(Exception):
    """The server closed, or the network did. `code` is None without a close frame."""

    def __init__(self, code: int | None, reason: str = "") -> None:
        super().__init__(f"the connection ended with {code or 'no close frame'} {reason}".strip())
        self.code = code
        self.reason = reason


class Turned(Exception):
    """The handshake was answered with something else than a WebSocket."""


LOST = (ConnectionEnded, ProtocolBroken, Turned, OSError, TimeoutError, EOFError)


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
    """A welcomed connection to one room. Raises one of LOST where it cannot be had."""

    def __init__(
        self, base_url: str, room_id: str, token: str, hear: Hear, wanted: frozenset[str]
    ) -> None:
        self._hear = hear
        self._wanted = wanted
        self._last_id = 0
        self._answers: dict[int, Reply | ErrorBody] = {}
        self._asked: dict[int, str] = {}
        self._rest = b""
        self._frames: list[tuple[int, bytes]] = []  # read and not yet looked at, latest first
        self._socket = _connect(base_url)
        try:
            self._open(urlsplit(base_url).netloc, room_id, token)
            self.welcome, self.user_id = self._welcomed()
        except BaseException:
            self._socket.close()
            raise

    def __repr__(self) -> str:
        return f"<RoomSocket {len(self._asked)} unanswered>"

    def close(self) -> None:
        """A goodbye that waits for no answer."""
        try:
            frame = client_frame((1001).to_bytes(2, "big"))
            self._socket.sendall(bytes((0x88,)) + frame[1:])
        except OSError:
            pass  # it has gone already
        finally:
            self._socket.close()

    def abort(self) -> None:
        """End without a goodbye, as a phone that lost its network."""
        self._socket.close()

    def send(self, command: Command) -> int:
        """Send a command and return its id, for `answer`."""
        self._last_id += 1
        op = OPS[type(command)]
        self._asked[self._last_id] = op
        message = [op, self._last_id, msgspec.to_builtins(command)]
        self._socket.settimeout(ANSWER_TIMEOUT_S)
        self._socket.sendall(client_frame(MSGPACK.encode(message)))
        return self._last_id

    def answer(self, command_id: int) -> Reply | ErrorBody:
        """The answer to a command, whatever comes before it. Raises TimeoutError."""
        until_s = time.monotonic() + ANSWER_TIMEOUT_S
        while command_id not in self._answers:
            self._receive(until_s)
        return self._answers.pop(command_id)

    def ask(self, command: Command) -> Reply | ErrorBody:
        return self.answer(self.send(command))

    def follow(self, is_done: Callable[[], bool], for_s: float) -> bool:
        """Hear events until `is_done` or the time is over; whether it was done."""
        until_s = time.monotonic() + for_s
        while not is_done():
            if time.monotonic() >= until_s:
                return False
            try:
                self._receive(until_s)
            except TimeoutError:
                return is_done()
        return True

    def sync_clock(self) -> Clock:
        """The server's clock by the fastest of a few pings."""
        return min((self._ping() for _ in range(CLOCK_PINGS)), key=lambda clock: clock.error_ms)

    def _ping(self) -> Clock:
        sent_ms = local_ms()
        pong_reply = self.ask(Ping(sent_at_ms=int(sent_ms)))
        now_ms = local_ms()
        if not isinstance(pong_reply, Pong):
            raise ProtocolBroken(f"a ping was answered with {pong_reply}")
        offset_ms = (
            (pong_reply.received_at_ms - sent_ms) + (pong_reply.replied_at_ms - now_ms)
        ) / 2
        return Clock(offset_ms, (now_ms - sent_ms) / 2)

    def _open(self, netloc: str, room_id: str, token: str) -> None:
        headers = {
            "Host": netloc,
            "Sec-WebSocket-Protocol": MSGPACK.subprotocol,
            "Authorization": f"Bearer {token}",
        }
        self._socket.sendall(handshake(f"/v1/rooms/{room_id}/live", headers))
        data = b""
        while HEAD_END not in data:
            data += self._read_some()
        head, _, self._rest = data.partition(HEAD_END)
        if not is_accepted(head):
            raise Turned(head.partition(b"\r\n")[0].decode(errors="replace"))

    def _welcomed(self) -> tuple[RoomSnapshot, str]:
        until_s = time.monotonic() + ANSWER_TIMEOUT_S
        while True:
            opcode, payload = self._next_frame(until_s)
            if opcode == BINARY:
                message = MSGPACK.decode(payload)
                if message[0] != "welcome":
                    raise ProtocolBroken(f"expected a welcome, got {message[0]!r}")
                return msgspec.convert(message[2], RoomSnapshot), str(message[1]["you"]["user_id"])
            self._control(opcode, payload)

    def _receive(self, until_s: float) -> None:
        opcode, payload = self._next_frame(until_s)
        if opcode != BINARY:
            self._control(opcode, payload)
        elif payload.startswith(EVENT_HEAD):
            self._event(payload)
        else:
            self._answered(MSGPACK.decode(payload))

    def _event(self, payload: bytes) -> None:
        at = len(EVENT_HEAD)
        length = payload[at] - FIXSTR  # names of events have at most 31 characters
        if payload[at + 1 : at + 1 + length].decode() not in self._wanted:
            return
        _, name, _, at_ms, body = MSGPACK.decode(payload)
        self._hear(msgspec.convert(body, EVENTS[name].body), at_ms)

    def _answered(self, message: Any) -> None:
        kind, command_id, body = message
        if command_id not in self._asked:
            raise ProtocolBroken(f"answer to {command_id}, which was not asked: {body}")
        op = self._asked.pop(command_id)
        is_reply = kind == "reply"
        self._answers[command_id] = (
            msgspec.convert(body, REPLIES[op]) if is_reply else msgspec.convert(body, ErrorBody)
        )

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self._socket.sendall(pong(payload))
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") or None
            raise ConnectionEnded(code, payload[2:].decode(errors="replace"))

    def _next_frame(self, until_s: float) -> tuple[int, bytes]:
        while not self._frames:
            frames, self._rest = split_frames(self._rest)
            self._frames = [(frame.opcode, frame.payload) for frame in reversed(frames)]
            if not self._frames:
                self._socket.settimeout(max(until_s - time.monotonic(), 0.001))
                self._rest += self._read_some()
        return self._frames.pop()

    def _read_some(self) -> bytes:
        data = self._socket.recv(READ_BYTES)
        if not data:
            raise ConnectionEnded(None)
        return data


def _connect(base_url: str) -> socket.socket:
    address = urlsplit(base_url)
    is_tls = address.scheme == "https"
    host = address.hostname or ""
    connection = socket.create_connection(
        (host, address.port or (443 if is_tls else 80)), ANSWER_TIMEOUT_S
    )
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if is_tls:
        return ssl.create_default_context().wrap_socket(connection, server_hostname=host)
    return connection
