"""What travels through a room: already encoded payloads with the little that routing needs.

A payload is encoded once, by whoever publishes; the broker only splices the offset and the time
into it, and nobody decodes it on its way to the viewers.
"""

from enum import StrEnum
from typing import NamedTuple


class Delivery(StrEnum):
    """What a slow viewer loses first, from nothing to everything (rooms.md, delivery classes)."""

    CRITICAL = "critical"
    STATE = "state"
    CHAT = "chat"
    AMBIENT = "ambient"


class Outgoing(NamedTuple):
    """An event to publish. Its payload is `head + offset + time + body`, all msgpack.

    `key`: events of the same key replace each other (delivery STATE). `to`: the one user it is
    for, or "" for everyone. `numbered`: it advances the room's offset and stays in its stream.
    `remember`: fields of the room's state to set in the same step. `source`: the event's place in
    what it was made from, rising as text; one not above the last published is skipped.
    `event_id`: who published it and their own id for it; one published lately is skipped.
    """

    head: bytes
    body: bytes
    delivery: Delivery
    numbered: bool
    key: str = ""
    to: str = ""
    remember: tuple[tuple[str, str], ...] = ()
    source: str = ""
    event_id: str = ""


class Incoming(NamedTuple):
    """An event as it comes from the broker; `offset` is None if it is not numbered."""

    delivery: Delivery
    key: str
    to: str
    offset: int | None
    payload: bytes
    epoch: str = ""


class Position(NamedTuple):
    """Where a room's stream is: an epoch ends when the stream is lost, an offset counts events."""

    epoch: str
    offset: int
