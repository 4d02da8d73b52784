"""The bytes that readers and publishers need, made and read by hand. Pure.

No WebSocket library here: a reader only has to count, and must never be the slower side. Server
frames are unmasked; what we send is masked with zeros, which is legal and costs nothing.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgpack

KEY = "a2FpYm8tYmVuY2gtcm9vbQ=="  # every handshake's; servers answer it, nobody guesses it
HEAD_END = b"\r\n\r\n"
BINARY_FIN, TEXT_FIN, MASKED = 0x82, 0x81, 0x80
OPCODE_BITS, LENGTH_BITS = 0x0F, 0x7F
BINARY = 2
SHORT_MAX, IS_16_BIT, IS_64_BIT = 125, 126, 127
ZERO_MASK = bytes(4)


class Undecodable(ValueError):
    """A server sent what no server may send."""


class Frame(NamedTuple):
    opcode: int
    payload: bytes


def handshake(path: str, headers: Mapping[str, str]) -> bytes:
    """The request that opens a WebSocket."""
    lines = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
        **headers,
    }
    head = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items())]
    return "\r\n".join(head).encode() + HEAD_END


def is_accepted(head: bytes) -> bool:
    return head.startswith(b"HTTP/1.1 101 ")


def client_frame(payload: bytes, *, text: bool = False) -> bytes:
    """One masked frame of at most 64 KB."""
    first = TEXT_FIN if text else BINARY_FIN
    if len(payload) <= SHORT_MAX:
        header = bytes((first, MASKED | len(payload)))
    else:
        header = bytes((first, MASKED | IS_16_BIT)) + len(payload).to_bytes(2, "big")
    return header + ZERO_MASK + payload


def split_frames(data: bytes) -> tuple[list[Frame], bytes]:
    """The whole frames at the start of `data`, and what is left. Raises Undecodable."""
    frames: list[Frame] = []
    at = 0
    while True:
        header = _header(data, at)
        if header is None or header.end > len(data):
            return frames, data[at:]
        frames.append(Frame(data[at] & OPCODE_BITS, data[header.start : header.end]))
        at = header.end


class _Span(NamedTuple):
    start: int
    end: int


def _header(data: bytes, at: int) -> _Span | None:
    """Where the payload of the frame at `at` lies, or None while its header is not whole."""
    if len(data) < at + 2:
        return None
    if data[at + 1] & MASKED:
        raise Undecodable("a server must not mask")
    length = data[at + 1] & LENGTH_BITS
    extra = {IS_16_BIT: 2, IS_64_BIT: 8}.get(length, 0)
    start = at + 2 + extra
    if len(data) < start:
        return None
    if extra:
        length = int.from_bytes(data[at + 2 : start], "big")
    return _Span(start, start + length)


def comment_payload(size_bytes: int) -> bytes:
    """A comment as the room publishes it, without a number, of exactly `size_bytes`."""
    comment = {
        "comment_id": "c_bench_0001",
        "user_id": "g-0123456789",
        "name": "guest 6789",
        "role": "viewer",
        "text": "",
    }
    message: list[Any] = ["event", "comment", None, 1_700_000_000_000, {"comment": comment}]
    missing = size_bytes - len(msgpack.packb(message))
    comment["text"] = "x" * missing
    while len(msgpack.packb(message)) > size_bytes:  # a longer string has a longer header
        comment["text"] = comment["text"][:-1]
    packed: bytes = msgpack.packb(message)
    if len(packed) != size_bytes:
        raise ValueError(f"no comment is {size_bytes} bytes long")
    return packed


def envelope(payload: bytes, epoch: str) -> bytes:
    """What the room's publish script puts around a payload: chat, for everyone, not numbered.

    If that script's envelope changes, also change this.
    """
    packed: bytes = msgpack.packb(["chat", "", "", 0, payload, epoch], use_bin_type=False)
    return packed


def payload_of(message: bytes) -> bytes:
    """The payload in an envelope, as a plain subscriber of the channel takes it out."""
    payload: bytes = msgpack.unpackb(message, raw=True)[4]
    return payload
