"""The hub: one write per viewer per flush, whatever the number of events and of viewers.

    deliver -> the room's ring -> flush, at once or at the end of the tick -> one blob per encoding
            -> one write for every viewer in step; those that lag catch up by delivery class

Nobody has a queue (see room.py). A viewer that the ring has moved past is at the hard mark: it is
dropped and resumes by offset. Critical events do not wait for the tick.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rooms import egress
from rooms.broker import BrokerUnavailable, Subscriber
from rooms.events import Delivery, Incoming
from rooms.ring import Framer, cost_bytes, framed
from rooms.room import Lag, Lagging, Room, Viewer
from rooms.tick import wait_s

log = logging.getLogger("kaibo.rooms")


class HubStatistics(NamedTuple):
    rooms: int  # rooms with a viewer on this worker
    viewers: int  # welcomed viewers on this worker
    behind: int  # of those, viewers whose socket is full
    events: int  # events taken from the broker since the start
    flushes: int
    writes: int  # writes to viewers since the start
    skipped: int  # comments that viewers who were behind were not sent, since the start
    dropped: int  # viewers closed at the hard mark since the start


class Marks(NamedTuple):
    """`soft_bytes`: the chat that a viewer is sent when it catches up, at most. `hard_bytes`: how
    far behind a viewer may be before it is dropped; what a room's ring keeps."""

    soft_bytes: int
    hard_bytes: int


class Hub:
    """All rooms of one worker.

    `framers` maps an encoding's name to what frames a payload; `skipped_notice` makes the payload
    that tells a viewer how many comments it was not sent.
    """

    def __init__(
        self,
        framers: Mapping[str, Framer],
        marks: Marks,
        skipped_notice: Callable[[int], bytes],
    ) -> None:
        self._framers = framers
        self._marks = marks
        self._skipped_notice = skipped_notice
        self._rooms: dict[str, Room] = {}
        self._events = self._flushes = self._writes = self._skipped = self._dropped = 0

    def __repr__(self) -> str:
        return f"<Hub {self.statistics()}>"

    def statistics(self) -> HubStatistics:
        rooms = self._rooms.values()
        return HubStatistics(
            rooms=len(rooms),
            viewers=sum(len(room.welcomed) for room in rooms),
            behind=sum(room.behind for room in rooms),
            events=self._events,
            flushes=self._flushes,
            writes=self._writes,
            skipped=self._skipped,
            dropped=self._dropped,
        )

    def audiences(self) -> dict[str, int]:
        """Who watches on this worker, by room; hosts do not count."""
        return {room_id: room.audience for room_id, room in self._rooms.items()}

    def viewers(self, room_id: str) -> list[Viewer]:
        """Everybody in a room on this worker, joining ones too."""
        room = self._rooms.get(room_id)
        return [] if room is None else room.everybody

    # Coming and going.

    async def join(self, room_id: str, viewer: Viewer, subscriber: Subscriber) -> None:
        """Keep `viewer`'s place from now on; returns when the room's subscription stands."""
        room = self._rooms.get(room_id)
        if room is None:
            room = self._rooms[room_id] = Room(self._marks.hard_bytes)
        room.enter(viewer)
        async with room.subscribing:
            if not room.is_subscribed:
                room.flushed_offset = await subscriber.subscribe(room_id)
                room.is_subscribed = True

    def admit(self, room_id: str, viewer: Viewer, after_offset: int) -> None:
        """The welcome was written, and holds everything up to `after_offset`: from here on the
        viewer is sent what it does not hold."""
        room = self._rooms[room_id]
        room.welcome(viewer, after_offset)
        self._catch_up(room, viewer)

    def dismiss(self, room_id: str, viewer: Viewer) -> None:
        """Write nothing more to `viewer`; `leave` must follow when it is gone."""
        room = self._rooms.get(room_id)
        if room is not None:
            room.leave(viewer)

    async def leave(self, room_id: str, viewer: Viewer, subscriber: Subscriber) -> None:
        """Forget `viewer`; the last one out ends the room's subscription."""
        room = self._rooms.get(room_id)
        if room is None:
            return
        room.leave(viewer)
        async with room.subscribing:
            if room.is_empty and self._rooms.get(room_id) is room:
                del self._rooms[room_id]
                if room.timer is not None:
                    room.timer.cancel()
                if room.is_subscribed:
                    await self._unsubscribe(room_id, subscriber)

    async def _unsubscribe(self, room_id: str, subscriber: Subscriber) -> None:
        try:
            await subscriber.unsubscribe(room_id)
        except BrokerUnavailable as error:
            log.info("room %s stays subscribed: %s", room_id, error)

    # Back-pressure, as the transport reports it.

    def fall_behind(self, room_id: str, viewer: Viewer) -> None:
        """The viewer's socket is full: write nothing until it drains."""
        room = self._rooms.get(room_id)
        if room is not None:
            room.fall_behind(viewer)

    def drained(self, room_id: str, viewer: Viewer) -> None:
        """The viewer's socket takes more: send what it missed, less what its classes shed."""
        room = self._rooms.get(room_id)
        if room is not None:
            room.drained(viewer)
            self._catch_up(room, viewer)

    def lost(self, room_id: str) -> None:
        """The room's stream was lost: what its viewers know no longer leads on."""
        room = self._rooms.get(room_id)
        if room is not None:
            room.flushed_offset = 0
        for viewer in self.viewers(room_id):
            viewer.drop_lost()

    # Events.

    def deliver(self, room_id: str, event: Incoming) -> None:
        """Take one event from the broker."""
        room = self._rooms.get(room_id)
        if room is None:
            return
        self._events += 1
        if event.to:
            self._deliver_personal(room, event)
            return
        room.ring.append(event)
        room.unflushed_bytes += cost_bytes(event)
        if room.unflushed_bytes > self._marks.hard_bytes // 2:
            self._flush(room)  # the ring must not move past viewers that are in step
            return
        self._schedule(room, at_once=event.delivery is Delivery.CRITICAL)

    def _deliver_personal(self, room: Room, event: Incoming) -> None:
        for viewer in tuple(room.by_user.get(event.to, ())):
            lag = room.lagging.get(viewer)
            if lag is None:
                self._write([event], viewer)
            else:
                lag.personal.append(event)

    def _schedule(self, room: Room, *, at_once: bool) -> None:
        loop = asyncio.get_running_loop()
        if room.timer is not None:
            if not at_once or not isinstance(room.timer, asyncio.TimerHandle):
                return
            room.timer.cancel()
        wait = 0.0 if at_once else wait_s(loop.time(), room.flushed_at_s, room.flush_cost_s)
        flush = loop.call_soon if wait == 0.0 else lambda *call: loop.call_later(wait, *call)
        room.timer = flush(self._flush, room)

    def _flush(self, room: Room) -> None:
        if room.timer is not None:
            room.timer.cancel()
            room.timer = None
        room.flushed_at_s = asyncio.get_running_loop().time()
        begun_s = time.thread_time()
        events = egress.in_step(room.ring.since(room.flushed))
        room.flushed = room.ring.head  # before writing: a write may make a viewer fall behind
        offsets = [event.offset for event in events if event.offset is not None]
        room.flushed_offset = max([room.flushed_offset, *offsets])
        room.unflushed_bytes = 0
        self._write_to_all(events, room)
        for viewer, lag in list(room.lagging.items()):
            if lag.why is Lagging.READY:
                self._catch_up(room, viewer)
        for viewer in room.lost():
            self._drop(room, viewer)
        self._flushes += 1
        room.flush_cost_s = time.thread_time() - begun_s

    def _catch_up(self, room: Room, viewer: Viewer) -> None:
        """Send a ready viewer what it missed, up to the last flush, and bring it in step.

        Not in step yet is one that joined after the last flush, or whose welcome holds events that
        have not reached this worker: in step it would be sent them twice.
        """
        lag = room.lagging.get(viewer)
        if lag is None or lag.why is not Lagging.READY or lag.cursor > room.flushed:
            return
        if not room.ring.has(lag.cursor):
            self._drop(room, viewer)
            return
        missed = self._missed(room, lag)
        lag.cursor = room.flushed
        lag.personal = []
        if lag.after_offset <= room.flushed_offset:
            room.step_in(viewer)
        self._write(missed, viewer)

    def _missed(self, room: Room, lag: Lag) -> list[Incoming]:
        due = room.ring.since(lag.cursor)[: room.flushed - lag.cursor]
        news = [event for event in due if event.offset is None or event.offset > lag.after_offset]
        chosen = egress.catch_up(news, self._marks.soft_bytes)
        missed = chosen.events + lag.personal
        if chosen.skipped:
            self._skipped += chosen.skipped
            missed.insert(0, _unnumbered(self._skipped_notice(chosen.skipped)))
        return missed

    def _write_to_all(self, events: Sequence[Incoming], room: Room) -> None:
        """To everybody in step, who may fall behind in it. What is done here for each viewer is
        what Kaibo costs beside the kernel: see docs/explanation/broadcast.md."""
        for encoding, writes in room.in_step.items():
            if not events or not writes:
                continue
            self._writes += len(writes)
            blob = framed(events, self._framers[encoding])
            for write in tuple(writes.values()):
                write(blob)

    def _write(self, events: Sequence[Incoming], viewer: Viewer) -> None:
        if events:
            self._writes += 1
            viewer.write(framed(events, self._framers[viewer.encoding]))

    def _drop(self, room: Room, viewer: Viewer) -> None:
        self._dropped += 1
        room.leave(viewer)
        viewer.drop_slow()


def _unnumbered(payload: bytes) -> Incoming:
    return Incoming(Delivery.CHAT, "", "", None, payload)
