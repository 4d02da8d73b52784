"""What of a room's pending events a viewer is sent, by delivery class. Pure.

    class     viewer in step         viewer behind (past the soft mark)
    critical  all                    all
    state     latest of each key     latest of each key
    chat      all                    the newest that fit, and how many were skipped
    ambient   latest of each key     latest of each key: their bodies carry totals

A viewer past the hard mark has fallen off the ring (see ring.py): nothing is chosen for it, it is
closed and resumes by offset.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rooms.events import Delivery, Incoming

_REPLACED = (Delivery.STATE, Delivery.AMBIENT)


class CatchUp(NamedTuple):
    """What a viewer that fell behind is sent, in order, and how many comments it is not."""

    events: list[Incoming]
    skipped: int


def in_step(events: Sequence[Incoming]) -> list[Incoming]:
    """`events` without those that a later one of the same key replaces."""
    latest = {
        (e.delivery, e.key): number for number, e in enumerate(events) if e.delivery in _REPLACED
    }
    return [
        event
        for number, event in enumerate(events)
        if event.delivery not in _REPLACED or latest[event.delivery, event.key] == number
    ]


def catch_up(events: Sequence[Incoming], chat_bytes_max: int) -> CatchUp:
    """What is left of `events` when the chat among them may take `chat_bytes_max` bytes."""
    kept: list[Incoming] = []
    left_bytes, skipped = chat_bytes_max, 0
    for event in reversed(in_step(events)):
        if event.delivery is Delivery.CHAT:
            left_bytes -= len(event.payload)  # below 0 it stays: no older comment slips through
            if left_bytes < 0:
                skipped += 1
                continue
        kept.append(event)
    kept.reverse()
    return CatchUp(kept, skipped)
