"""An outbox entry: one thing that happened in a room, and where it stands in the room's order.

The same thing may happen to many holds in one entry: those that were reserved in one call, or that
expired together.

Stream ids are Redis's (`ms-sequence`); a position is the same as one number, for SQL.
"""

import msgspec

from inventory.codes import Outcome
from inventory.hold import Hold
from inventory.pool import Pool

BEGINNING = "0-0"
POSITIONS_PER_MS = 1_000_000  # entries in one millisecond, so that a position fits in 63 bits


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, and the records it touched, as they were right after it.

    `units`: those created or added by CREATED and RESTOCKED (negative: cut). `restock_id`: that of
    RESTOCKED, but empty if an earlier version wrote the entry.
    """

    room_id: str
    stream_id: str
    position: int
    kind: Outcome
    holds: list[Hold] = []
    pools: list[Pool] = []
    units: int = 0
    restock_id: str = ""


class UnreadableEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry whose shape this version does not know, with its fields as they are.

    It is a value, because it must not keep its readers from what comes after it, in any room.
    """

    room_id: str
    stream_id: str
    position: int
    reason: str
    fields: dict[str, bytes]


def position_of(stream_id: str) -> int:
    """A stream id as one number that orders like it: `ms * 1_000_000 + sequence`."""
    time_ms, sequence = stream_id.split("-")
    if int(sequence) >= POSITIONS_PER_MS:
        raise ValueError(f"stream id {stream_id} has too high a sequence number")
    return int(time_ms) * POSITIONS_PER_MS + int(sequence)


def time_ms_of(position: int) -> int:
    """When the entry was made, by Redis's clock."""
    return position // POSITIONS_PER_MS


def stream_id_of(position: int) -> str:
    """The stream id of a position."""
    return f"{position // POSITIONS_PER_MS}-{position % POSITIONS_PER_MS}"
