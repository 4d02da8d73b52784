"""One connection's protocol state, pure: messages go in, effects come out, the caller does the I/O.

    JOINING --welcomed--> OPEN --anything that ends it--> CLOSED

A message is answered here if it is refused (malformed, unknown, too many) or asks for the clock,
and otherwise becomes an `Execute` whose answer the caller sends. Input that no honest client can
produce closes the connection with a code that says why; all other bad input changes nothing.
"""

from enum import Enum
from typing import NamedTuple

from rooms.rate_limit import Rate, TokenBucket
from server.wire.codec import JSON, Codec, Refused, Undecodable, parse_command
from server.wire.codes import CloseCode, ErrorCode
from server.wire.commands import Command, Ping, Pong
from server.wire.events import ErrorBody

COMMAND_RATE = Rate(burst=60, per_minute=1_200)
REFUSALS_MAX = 200  # commands over the rate before the connection is closed as a flood


class Execute(NamedTuple):
    """Run this command and answer it with `command_id`."""

    command_id: int
    op: str
    command: Command


class Answer(NamedTuple):
    """Send this refusal, or the server's clock."""

    command_id: int | None
    body: ErrorBody | Pong


class Close(NamedTuple):
    """End the connection."""

    code: CloseCode
    reason: str


Effect = Execute | Answer | Close


class State(Enum):
    JOINING = "joining"
    OPEN = "open"
    CLOSED = "closed"


class Session:
    """The protocol state of one connection."""

    __slots__ = ("_bucket", "_codec", "_in_flight", "_in_flight_max", "_refusals", "state")

    def __init__(self, codec: Codec, in_flight_max: int, now_ms: int) -> None:
        self.state = State.JOINING
        self._codec = codec
        self._in_flight = 0
        self._in_flight_max = in_flight_max
        self._bucket = TokenBucket(COMMAND_RATE, now_ms)
        self._refusals = 0

    @property
    def is_idle(self) -> bool:
        """No command awaits its answer."""
        return self._in_flight == 0

    def welcomed(self) -> None:
        self.state = State.OPEN

    def answered(self) -> None:
        """The caller sent the answer of an `Execute`."""
        self._in_flight -= 1

    def receive(self, payload: bytes, is_text: bool, now_ms: int) -> Effect | None:
        """What one whole WebSocket message asks for; None once the session is closed."""
        if self.state is State.CLOSED:
            return None
        effect = self._read(payload, is_text, now_ms)
        if isinstance(effect, Close):
            self.state = State.CLOSED
        if isinstance(effect, Execute):
            self._in_flight += 1
        return effect

    def _read(self, payload: bytes, is_text: bool, now_ms: int) -> Effect:
        if is_text is not (self._codec is JSON):
            kind = "text" if self._codec is JSON else "binary"
            return Close(CloseCode.BAD_MESSAGE, f"{self._codec.subprotocol} uses {kind} frames")
        try:
            parsed = parse_command(self._codec.decode(payload))
        except Undecodable as error:
            return Close(CloseCode.BAD_MESSAGE, str(error))
        command_id = parsed.command_id
        wait_ms = self._bucket.take(now_ms)
        if wait_ms:
            return self._over_rate(command_id, wait_ms)
        if isinstance(parsed, Refused):
            return Answer(*parsed)
        if isinstance(parsed.command, Ping):  # at once: a wait would make the clock wrong
            return Answer(command_id, Pong(parsed.command.sent_at_ms, now_ms, now_ms))
        refusal = self._too_many()
        return Answer(command_id, refusal) if refusal else Execute(*parsed)

    def _over_rate(self, command_id: int | None, wait_ms: int) -> Effect:
        self._refusals += 1
        if self._refusals > REFUSALS_MAX:
            return Close(CloseCode.RATE, "too many commands; slow down and reconnect")
        error = ErrorBody(
            code=ErrorCode.RATE_LIMITED,
            message=f"too many commands; try again in {wait_ms} ms",
            retry_after_ms=wait_ms,
        )
        return Answer(command_id, error)

    def _too_many(self) -> ErrorBody | None:
        if self._in_flight >= self._in_flight_max:
            return ErrorBody(
                code=ErrorCode.TOO_MANY_IN_FLIGHT,
                message=f"{self._in_flight_max} commands await answers; wait for one",
                retry_after_ms=100,
            )
        return None
