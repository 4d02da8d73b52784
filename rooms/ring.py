"""The ring: the latest events of one room, framed once per encoding, read by cursors.

Every event gets a sequence number of this worker's own (not the room's offset, which only some
events have). A viewer's cursor is the sequence number it has yet to be sent, so a viewer that is
behind costs one integer, not a queue. The ring is bounded in bytes; a cursor that it
has moved past has reached the hard mark. Pure.
"""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice

from rooms.events import Incoming

Framer = Callable[[bytes], bytes]


EVENT_BYTES = 128  # counted per event beside its payload, so that tiny events are bounded too


def cost_bytes(event: Incoming) -> int:
    """What an event counts for in the ring's bound."""
    return len(event.payload) + EVENT_BYTES


class Ring:
    """Sequence numbers start at 0; `head` is the one the next event will get."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._events: deque[Incoming] = deque()
        self._bytes = 0
        self.tail = 0  # the oldest sequence number still here

    def __repr__(self) -> str:
        return f"<Ring {self.tail}..{self.head} {self._bytes} bytes>"

    @property
    def head(self) -> int:
        return self.tail + len(self._events)

    def append(self, event: Incoming) -> None:
        """Add an event; the oldest go when the bound is passed, though never the newest."""
        self._events.append(event)
        self._bytes += cost_bytes(event)
        while self._bytes > self._bytes_max and len(self._events) > 1:
            self._bytes -= cost_bytes(self._events.popleft())
            self.tail += 1

    def has(self, cursor: int) -> bool:
        """Whether everything from `cursor` on is still here."""
        return cursor >= self.tail

    def since(self, cursor: int) -> list[Incoming]:
        """The events from `cursor` on. Raises LookupError past the hard mark."""
        if not self.has(cursor):
            raise LookupError(f"cursor {cursor} is before {self!r}")
        if cursor == self.head:
            return []
        behind = self.head - cursor
        if behind < len(self._events) // 2:
            newest = list(islice(reversed(self._events), behind))
            newest.reverse()
            return newest
        return list(islice(self._events, cursor - self.tail, None))


def framed(events: Sequence[Incoming], frame: Framer) -> bytes:
    """One blob of all `events`: what one write sends."""
    return b"".join([frame(event.payload) for event in events])
