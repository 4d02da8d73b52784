"""The hub: which viewers are in which room on this worker, and one write per viewer per flush.

An event is framed once per encoding, whatever the number of viewers. Events that arrive within one
turn of the event loop leave in one write. A viewer who is still joining has its events kept until
its welcome has been written, so nothing falls between the snapshot and the stream.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from rooms.broker import Broker, BrokerUnavailable
from rooms.events import Delivery, Incoming

log = logging.getLogger("kaibo.rooms")
Framer = Callable[[bytes], bytes]

KEPT_WHILE_JOINING_MAX = 1_000  # past that the joining viewer is dropped and connects again


class Viewer(Protocol):
    """A connection as the hub sees it."""

    @property
    def user_id(self) -> str: ...

    @property
    def encoding(self) -> str:
        """Which of the hub's framers its frames come from."""

    def write(self, frames: bytes) -> None:
        """Send bytes that are already framed."""

    def drop_slow(self) -> None:
        """Close: too far behind to be served."""


class HubStatistics(NamedTuple):
    rooms: int  # rooms with a viewer on this worker
    viewers: int  # viewers on this worker
    events: int  # events taken from the broker since the start
    writes: int  # writes to viewers since the start


class Room:
    """One room's viewers on this worker and the events not yet flushed to them."""

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self.by_user: dict[str, set[Viewer]] = {}
        self.joining: dict[Viewer, list[Incoming]] = {}
        self.pending: list[Incoming] = []
        self.subscribed = asyncio.Lock()
        self.is_subscribed = False

    @property
    def is_empty(self) -> bool:
        return not self.viewers and not self.joining


class Hub:
    """All rooms of one worker. `framers` maps an encoding's name to what frames a payload."""

    def __init__(self, framers: Mapping[str, Framer]) -> None:
        self._framers = framers
        self._rooms: dict[str, Room] = {}
        self._events = 0
        self._writes = 0

    def __repr__(self) -> str:
        return f"<Hub {self.statistics()}>"

    def statistics(self) -> HubStatistics:
        viewers = sum(len(room.viewers) for room in self._rooms.values())
        return HubStatistics(len(self._rooms), viewers, self._events, self._writes)

    def viewer_counts(self) -> dict[str, int]:
        """Viewers on this worker, by room."""
        return {room_id: len(room.viewers) for room_id, room in self._rooms.items()}

    async def join(self, room_id: str, viewer: Viewer, broker: Broker) -> None:
        """Keep events for `viewer` from now on; returns when the room's subscription stands."""
        room = self._rooms.setdefault(room_id, Room())
        room.joining[viewer] = []
        async with room.subscribed:
            if not room.is_subscribed:
                await broker.subscribe(room_id)
                room.is_subscribed = True

    def admit(self, room_id: str, viewer: Viewer, after_offset: int) -> None:
        """The welcome was written: send what was kept beyond it, then everything that comes."""
        room = self._rooms[room_id]
        self._flush(room)
        kept = room.joining.pop(viewer)
        room.viewers.add(viewer)
        room.by_user.setdefault(viewer.user_id, set()).add(viewer)
        news = [event for event in kept if event.offset is None or event.offset > after_offset]
        self._write(news, [viewer])

    async def leave(self, room_id: str, viewer: Viewer, broker: Broker) -> None:
        """Forget `viewer`; the last one out ends the room's subscription."""
        room = self._rooms.get(room_id)
        if room is None:
            return
        self._forget(room, viewer)
        async with room.subscribed:
            if room.is_empty and self._rooms.get(room_id) is room:
                del self._rooms[room_id]
                if room.is_subscribed:
                    room.is_subscribed = False
                    await self._unsubscribe(room_id, broker)

    def _forget(self, room: Room, viewer: Viewer) -> None:
        room.joining.pop(viewer, None)
        room.viewers.discard(viewer)
        same_user = room.by_user.get(viewer.user_id)
        if same_user is not None:
            same_user.discard(viewer)
            if not same_user:
                del room.by_user[viewer.user_id]

    async def _unsubscribe(self, room_id: str, broker: Broker) -> None:
        try:
            await broker.unsubscribe(room_id)
        except BrokerUnavailable as error:
            log.info("room %s stays subscribed: %s", room_id, error)

    def deliver(self, room_id: str, event: Incoming) -> None:
        """Take one event from the broker; it leaves with the next flush."""
        room = self._rooms.get(room_id)
        if room is None:
            return
        self._events += 1
        if not room.pending:
            asyncio.get_running_loop().call_soon(self._flush, room)
        room.pending.append(event)

    def _flush(self, room: Room) -> None:
        events, room.pending = latest_of_each_key(room.pending), []
        if not events:
            return
        for viewer, kept in list(room.joining.items()):
            kept.extend(event for event in events if event.to in ("", viewer.user_id))
            if len(kept) > KEPT_WHILE_JOINING_MAX:
                viewer.drop_slow()
        shared = [event for event in events if not event.to]
        self._write(shared, room.viewers)
        for event in events:
            if event.to:
                self._write([event], room.by_user.get(event.to, ()))

    def _write(
        self, events: list[Incoming], viewers: "set[Viewer] | list[Viewer] | tuple[()]"
    ) -> None:
        if not events:
            return
        blobs: dict[str, bytes] = {}  # each encoding in use is framed once
        for viewer in tuple(viewers):
            blob = blobs.get(viewer.encoding)
            if blob is None:
                frame = self._framers[viewer.encoding]
                blob = blobs[viewer.encoding] = b"".join(frame(e.payload) for e in events)
            viewer.write(blob)
            self._writes += 1


def latest_of_each_key(events: list[Incoming]) -> list[Incoming]:
    """`events` without the STATE events that a later one of the same key replaces."""
    latest = {e.key: number for number, e in enumerate(events) if e.delivery is Delivery.STATE}
    if not latest:
        return events
    return [
        event
        for number, event in enumerate(events)
        if event.delivery is not Delivery.STATE or latest[event.key] == number
    ]
