"""Frames to messages, within bounds: how many frames, how many to a message, how large. Pure.

Every frame counts, also an empty continuation or a pong nobody asked for: it costs the server as
much as a command. An honest client sends its messages whole, so that both bounds are far above
what it needs. What breaks one of them fails the connection.
"""

import codecs
from typing import NamedTuple

from websockets.frames import Frame, Opcode

from rooms.rate_limit import Rate, TokenBucket
from server.session import Close
from server.wire.codes import CloseCode

FRAME_RATE = Rate(burst=600, per_minute=3_600)  # three times what commands may be
FRAGMENTS_MAX = 16


class Message(NamedTuple):
    payload: bytes
    is_text: bool  # and then `payload` is UTF-8


class Assembly:
    """The message that one connection is sending, and what it may still send."""

    __slots__ = ("_bucket", "_bytes_max", "_decoder", "_fragments", "_is_text", "_size_bytes")

    def __init__(self, bytes_max: int, now_ms: int) -> None:
        self._bytes_max = bytes_max
        self._bucket = TokenBucket(FRAME_RATE, now_ms)
        self._begin(is_text=False)

    def _begin(self, *, is_text: bool) -> None:
        self._fragments: list[bytes] = []
        self._size_bytes = 0
        self._is_text = is_text
        self._decoder = codecs.getincrementaldecoder("utf-8")() if is_text else None

    def take(self, frame: Frame, now_ms: int) -> Message | Close | None:
        """The message that `frame` ends, None if it ends none, or why the connection fails.

        `frame` has passed the rules of RFC 6455: fragments are in order, control frames short.
        """
        if self._bucket.take(now_ms):
            return Close(CloseCode.RATE, "too many frames; slow down and reconnect")
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._begin(is_text=frame.opcode is Opcode.TEXT)
        elif frame.opcode is not Opcode.CONT:
            return None  # the protocol has answered control frames already
        return self._add(bytes(frame.data), is_last=frame.fin)

    def _add(self, data: bytes, *, is_last: bool) -> Message | Close | None:
        self._fragments.append(data)
        self._size_bytes += len(data)
        if self._size_bytes > self._bytes_max:
            return Close(CloseCode.TOO_BIG, f"a message has {self._bytes_max} bytes at most")
        if len(self._fragments) > FRAGMENTS_MAX:
            return Close(CloseCode.TOO_BIG, f"a message has {FRAGMENTS_MAX} fragments at most")
        if not self._is_utf8_so_far(data, is_last=is_last):
            return Close(CloseCode.INVALID_DATA, "text is not UTF-8")
        if not is_last:
            return None
        message = Message(b"".join(self._fragments), self._is_text)
        self._begin(is_text=False)
        return message

    def _is_utf8_so_far(self, data: bytes, *, is_last: bool) -> bool:
        if self._decoder is None:
            return True
        try:
            self._decoder.decode(data, is_last)
        except UnicodeDecodeError:
            return False
        return True
