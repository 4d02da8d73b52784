"""The bytes that one flush sends to everybody in step: read once, then known. Pure.

Of an event only its head is read: type, number and time. A body is read where a reader needs it: of
`stock` (is the last one true?), of `skipped` and of a welcome.
"""

from typing import Any, NamedTuple

import msgpack

from loadtests.bench.frames import split_frames

BINARY, CLOSE, PING = 2, 8, 9
BLOBS_MAX = 64  # bytes that are remembered; the oldest are forgotten, and read anew if they come


class Event(NamedTuple):
    """An event's head. `offset` is None where it has no number."""

    name: str
    offset: int | None
    at_ms: int
    body: Any


class Blob:
    """Whole frames, read. `heard` counts at which moment they were heard by how many."""

    __slots__ = (
        "data",
        "events",
        "first",
        "heard",
        "is_plain",
        "last",
        "messages",
        "oldest_ms",
        "stocks",
    )

    def __init__(self, data: bytes, messages: list[tuple[int, Any]]) -> None:
        self.data = data
        self.messages = messages  # opcode, and the message or the raw payload
        self.events = [_event(body) for opcode, body in messages if _is_event(opcode, body)]
        offsets = [event.offset for event in self.events if event.offset is not None]
        self.first = offsets[0] if offsets else 0
        self.last = offsets[-1] if offsets else 0
        runs = offsets == list(range(self.first, self.last + 1)) if offsets else True
        shed = any(event.name == "skipped" for event in self.events)
        self.is_plain = runs and not shed and len(self.events) == len(messages)
        self.stocks = _stocks(self.events)
        self.oldest_ms = min((event.at_ms for event in self.events), default=0)
        self.heard: dict[int, int] = {}

    def __repr__(self) -> str:
        return f"<Blob {len(self.events)} events, {self.first}..{self.last}>"


def read_blob(data: bytes) -> tuple[Blob, bytes]:
    """The whole frames at the start of `data`, and what is left."""
    frames, rest = split_frames(data)
    messages = [
        (opcode, msgpack.unpackb(payload) if opcode == BINARY else payload)
        for opcode, payload in frames
    ]
    return Blob(data[: len(data) - len(rest)], messages), rest


def _is_event(opcode: int, body: Any) -> bool:
    return opcode == BINARY and body[0] == "event"


def _event(message: list[Any]) -> Event:
    _, name, offset, at_ms, body = message
    return Event(name, offset, at_ms, body)


def _stocks(events: list[Event]) -> dict[str, int]:
    """The version of each sale's stock that these events show last."""
    shown: dict[str, int] = {}
    for event in events:
        view = event.body.get(event.name) if event.name in ("stock", "sale") else None
        if view is not None:
            shown[view["sale_id"]] = max(view["version"], shown.get(view["sale_id"], 0))
    return shown


class Library:
    """The latest blobs by their bytes. `forgotten` is called with each that is put away."""

    def __init__(self) -> None:
        self._blobs: dict[bytes, Blob] = {}

    def find(self, data: bytes) -> tuple[Blob, bytes, list[Blob]]:
        """The blob of `data`, the bytes after it, and those that were forgotten for it."""
        known = self._blobs.get(data)
        if known is not None:
            return known, b"", []
        blob, rest = read_blob(data)
        forgotten: list[Blob] = []
        if not rest and blob.is_plain:
            self._blobs[data] = blob
            while len(self._blobs) > BLOBS_MAX:
                forgotten.append(self._blobs.pop(next(iter(self._blobs))))
        return blob, rest, forgotten

    def drain(self) -> list[Blob]:
        """All that are known, and forget none: for those whose `heard` is to be counted."""
        return list(self._blobs.values())
