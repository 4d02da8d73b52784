"""The two codecs of protocol v1 and the reading of one command.

Both codecs carry the same messages; bytes become plain values first and are then validated against
the typed messages, so JSON and msgpack can never disagree about what is allowed. Messages are
arrays: `[op, id, body]` in, `["reply" | "error" | "event" | "welcome", ...]` out.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgpack
import msgspec
from websockets.frames import Frame, Opcode

from server.wire.codes import ErrorCode
from server.wire.commands import COMMANDS, Command
from server.wire.events import ErrorBody
from server.wire.fields import CommandId

T = TypeVar("T")


class Undecodable(ValueError):
    """Bytes that are no message at all; the peer does not speak this protocol."""


class Codec(NamedTuple):
    """How messages become the payload of one WebSocket frame, and back."""

    subprotocol: str
    opcode: Opcode
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    array: Callable[[Sequence[bytes]], bytes]  # of parts that are encoded already

    def frame(self, payload: bytes) -> bytes:
        """One unmasked server frame: the same bytes serve every viewer of this codec."""
        return Frame(self.opcode, payload).serialize(mask=False)

    def event_frame(self, packed: bytes) -> bytes:
        """A framed event from the msgpack payload that travels between workers."""
        return self.frame(packed if self is MSGPACK else self.encode(MSGPACK.decode(packed)))

    def message(self, *parts: Any) -> bytes:
        """A framed message of `parts`, structs included."""
        return self.frame(self.encode(msgspec.to_builtins(parts)))


def _pack(message: Any) -> bytes:
    packed: bytes = msgpack.packb(message)
    return packed


def _unpack(data: bytes) -> Any:
    try:
        return msgpack.unpackb(data)
    except (ValueError, msgpack.exceptions.UnpackException, RecursionError) as error:
        raise Undecodable("not a msgpack message") from error


def _to_json(message: Any) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _from_json(data: bytes) -> Any:
    try:
        # Stricter than the json module: no NaN, and no half of a surrogate pair, which neither SQL
        # nor msgpack could carry on.
        return msgspec.json.decode(data)
    except (ValueError, RecursionError) as error:
        raise Undecodable("not a JSON message") from error


def _pack_array(parts: Sequence[bytes]) -> bytes:
    return b"".join((msgpack.Packer().pack_array_header(len(parts)), *parts))


def _json_array(parts: Sequence[bytes]) -> bytes:
    return b"".join((b"[", b",".join(parts), b"]"))


MSGPACK = Codec("kaibo.v1.msgpack", Opcode.BINARY, _pack, _unpack, _pack_array)
JSON = Codec("kaibo.v1.json", Opcode.TEXT, _to_json, _from_json, _json_array)
CODECS = {codec.subprotocol: codec for codec in (MSGPACK, JSON)}

PARTS = 3  # of a command: op, id, body
BEARER_PREFIX = "kaibo.bearer."  # a browser cannot set headers: its token is a subprotocol entry


class Parsed(NamedTuple):
    """A command that is well formed; whether it is allowed is not the codec's business."""

    command_id: int
    op: str
    command: Command


class Refused(NamedTuple):
    """Input that changes nothing; `command_id` is None where the message carried no usable id."""

    command_id: int | None
    error: ErrorBody


def parse_command(message: Any) -> Parsed | Refused:
    """Read `[op, id, body]`. Raises Undecodable if `message` is not an array at all."""
    if not isinstance(message, list):
        raise Undecodable("a message is an array: [op, id, body]")
    command_id = _command_id(message)
    if len(message) != PARTS or command_id is None or not isinstance(message[0], str):
        shape = "expected [op: string, id: integer 0..2^53-1, body: map]"
        return Refused(command_id, ErrorBody(code=ErrorCode.BAD_MESSAGE, message=shape))
    op, _, body = message
    if op not in COMMANDS:
        known = ", ".join(sorted(COMMANDS))
        error = ErrorBody(code=ErrorCode.UNKNOWN_OP, message=f"{op[:40]!r} is none of: {known}")
        return Refused(command_id, error)
    command = convert(body, COMMANDS[op])
    if isinstance(command, ErrorBody):
        return Refused(command_id, command)
    return Parsed(command_id, op, command)


def _command_id(message: list[Any]) -> int | None:
    try:
        return msgspec.convert(message[1], CommandId)
    except (IndexError, msgspec.ValidationError):
        return None


def convert(value: Any, kind: type[T]) -> T | ErrorBody:
    """`value` as a `kind`, or a BAD_FIELD error that names the field."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return field_error(error)


_PATH = re.compile(r"(?P<what>.*) - at `(?P<path>\$.*)`", re.DOTALL)
_NAMED = re.compile(r"field `(?P<name>.*)`", re.DOTALL)
_NAME_CHARACTERS_MAX = 60  # of a field's name that is told back: it may be the client's own


def field_error(error: msgspec.ValidationError) -> ErrorBody:
    """A validation error in the words of the wire; `field` is always a path from `$`."""
    text = str(error)
    found = _PATH.fullmatch(text)
    what, path = (found["what"], found["path"]) if found else (text, "$")
    named = _NAMED.search(what)  # "missing required field `x`" names the parent's path only
    if named is None:
        return ErrorBody(code=ErrorCode.BAD_FIELD, message=f"{path}: {what}", field=path)
    name = named["name"][:_NAME_CHARACTERS_MAX]
    what = f"{what[: named.start('name')]}{name}{what[named.end('name') :]}"
    field = f"{path}.{name}"
    return ErrorBody(code=ErrorCode.BAD_FIELD, message=f"{field}: {what}", field=field)
