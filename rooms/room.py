"""One room on one worker: its ring, its viewers, and how far each of them is.

A viewer is in step (it is sent every blob as it is made), or it lags: it is joining (nothing may be
written before its welcome), full (its socket takes no more), or ready to catch up. A lagging viewer
costs a cursor into the ring, not a queue.
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from itertools import chain
from typing import Protocol

from rooms.events import Incoming
from rooms.ring import Ring

PERSONAL_MAX = 256  # personal events kept for a lagging viewer; past that it is dropped


class Viewer(Protocol):
    """A connection as its room sees it: only as long as it may be written to.

    `is_audience`: whether it is one of those that a viewer count counts. `encoding`: which of the
    hub's framers its frames come from. None of it changes while the viewer is in the room.
    """

    user_id: str
    is_audience: bool
    encoding: str

    def write(self, frames: bytes, /) -> None:
        """Send framed bytes. May call the hub's `fall_behind` before it returns."""

    def drop_slow(self) -> None:
        """Close: too far behind to be served."""

    def drop_lost(self) -> None:
        """Close: the room's stream was lost, and it must start anew."""


Write = Callable[[bytes], None]


class Lagging(Enum):
    JOINING = "joining"
    FULL = "full"
    READY = "ready"


class Lag:
    """Where a viewer that is not in step is. `after_offset`: numbered events up to it are known to
    the viewer already. `personal`: what is only for it, kept until it catches up."""

    __slots__ = ("after_offset", "cursor", "is_full", "personal", "why")

    def __init__(self, why: Lagging, cursor: int) -> None:
        self.why = why
        self.cursor = cursor
        self.after_offset = 0
        self.is_full = why is Lagging.FULL
        self.personal: list[Incoming] = []


class Room:
    """The viewers of a room and what they have yet to be sent.

    `in_step` holds, by encoding, what writes to each viewer, so that a flush touches nothing of a
    viewer's but that: with thousands, most of what it touches has left the processor's caches.
    """

    def __init__(self, hard_bytes: int) -> None:
        self.ring = Ring(hard_bytes)
        self.in_step: dict[str, dict[Viewer, Write]] = {}
        self.lagging: dict[Viewer, Lag] = {}
        self.by_user: dict[str, set[Viewer]] = {}
        self.flushed = 0  # the cursor of every viewer in step
        self.flushed_offset = 0  # the last numbered event that they were sent, or that came before
        self.unflushed_bytes = 0
        self.flushed_at_s = 0.0  # when the last flush began
        self.flush_cost_s = 0.0
        self.timer: asyncio.Handle | None = None
        self.subscribing = asyncio.Lock()
        self.is_subscribed = False

    @property
    def is_empty(self) -> bool:
        return not self.lagging and not any(self.in_step.values())

    @property
    def everybody(self) -> list[Viewer]:
        return [*chain.from_iterable(self.in_step.values()), *self.lagging]

    @property
    def welcomed(self) -> list[Viewer]:
        lagging = (v for v, lag in self.lagging.items() if lag.why is not Lagging.JOINING)
        return [*chain.from_iterable(self.in_step.values()), *lagging]

    @property
    def audience(self) -> int:
        """How many of those who were welcomed count as watching."""
        return sum(viewer.is_audience for viewer in self.welcomed)

    @property
    def behind(self) -> int:
        return sum(lag.why is Lagging.FULL for lag in self.lagging.values())

    def enter(self, viewer: Viewer) -> None:
        self.lagging[viewer] = Lag(Lagging.JOINING, self.ring.head)
        self.by_user.setdefault(viewer.user_id, set()).add(viewer)

    def leave(self, viewer: Viewer) -> None:
        self.in_step.get(viewer.encoding, {}).pop(viewer, None)
        self.lagging.pop(viewer, None)
        tabs = self.by_user.get(viewer.user_id)
        if tabs is not None:
            tabs.discard(viewer)
            if not tabs:
                del self.by_user[viewer.user_id]

    def fall_behind(self, viewer: Viewer) -> None:
        """Its socket is full. It keeps its place, which is where the last flush ended."""
        if self.in_step.get(viewer.encoding, {}).pop(viewer, None) is not None:
            self.lagging[viewer] = Lag(Lagging.FULL, self.flushed)
            return
        lag = self.lagging.get(viewer)
        if lag is not None:
            lag.is_full = True
            if lag.why is Lagging.READY:
                lag.why = Lagging.FULL

    def step_in(self, viewer: Viewer) -> None:
        """It has everything up to the last flush, and is sent the next one as it is made."""
        del self.lagging[viewer]
        self.in_step.setdefault(viewer.encoding, {})[viewer] = viewer.write

    def welcome(self, viewer: Viewer, after_offset: int) -> None:
        lag = self.lagging[viewer]
        lag.after_offset = after_offset
        lag.why = Lagging.FULL if lag.is_full else Lagging.READY

    def drained(self, viewer: Viewer) -> None:
        """Its socket takes more again."""
        lag = self.lagging.get(viewer)
        if lag is not None:
            lag.is_full = False
            if lag.why is Lagging.FULL:
                lag.why = Lagging.READY

    def lost(self) -> list[Viewer]:
        """Viewers that the ring has moved past, or who have too much of their own to come."""
        return [
            viewer
            for viewer, lag in self.lagging.items()
            if not self.ring.has(lag.cursor) or len(lag.personal) > PERSONAL_MAX
        ]
