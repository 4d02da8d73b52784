"""How far a worker has followed one room's stream, and whether what arrives next is next. Pure.

Pub/sub loses what is published while a connection is cut, and says nothing. Offsets tell: an event
may be next, known already, or beyond a gap that the stream must fill first. An offset alone does
not tell whether the stream is still the same one, so the last event is compared, too.
"""

from collections.abc import Sequence
from enum import Enum

from rooms.events import Incoming, Position


class Arrival(Enum):
    NEXT = "next"  # hand it on
    KNOWN = "known"  # drop it
    GAP = "gap"  # read the stream from where we are first
    LOST = "lost"  # the stream is another one: everybody starts anew


class Following:
    """Where a worker is in one room; `last` is the event at its position, if there is one."""

    def __init__(self, position: Position, last: Sequence[Incoming] = ()) -> None:
        self.position = position
        self.seen_offset = position.offset  # of the room, at the last probe
        self._last_payload = last[-1].payload if last else b""

    def judge(self, event: Incoming) -> Arrival:
        """What an arriving event is; only numbered ones can be late, early or of another stream."""
        if event.epoch != self.position.epoch:
            return Arrival.LOST
        if event.offset is None:
            return Arrival.NEXT
        if event.offset <= self.position.offset:
            return Arrival.KNOWN
        return Arrival.NEXT if event.offset == self.position.offset + 1 else Arrival.GAP

    def advance(self, event: Incoming) -> None:
        """`event` was handed on."""
        if event.offset is not None:
            self.position = Position(self.position.epoch, event.offset)
            self._last_payload = event.payload

    def judge_stream(self, events: Sequence[Incoming]) -> Arrival:
        """What `events` are, the stream from our position on: NEXT if they begin with the event
        that we had last, GAP if they begin later, because that is no longer kept, LOST if they do
        not have it and never will: what is numbered next may have a number that we know."""
        if not events:
            return Arrival.LOST if self.position.offset else Arrival.NEXT
        first = events[0]
        if first.offset == self.position.offset:
            return Arrival.NEXT if first.payload == self._last_payload else Arrival.LOST
        is_beginning = self.position.offset == 0 and first.offset == 1
        return Arrival.NEXT if is_beginning else Arrival.GAP

    def is_behind(self, room: Position) -> bool:
        """Whether an event published before the last probe has still not come. Then the
        subscription is dead, though it may not say so."""
        behind = self.position.offset < self.seen_offset
        self.seen_offset = room.offset
        return behind
