"""The pulse: what a worker does on a beat rather than on demand.

Likes leave as one delta per beat, viewer counts when they change, and connections that have been
silent for too long are pinged and then closed. One loop serves all rooms and all connections.
"""

import asyncio
import logging

from rooms.broker import Broker, BrokerUnavailable
from rooms.each_room import each_room
from rooms.hub import Hub
from rooms.likes import LikeCounter
from server.clock import now_ms
from server.live import Live
from server.publishing import outgoing
from server.wire.codes import CloseCode
from server.wire.events import LikesEvent, ViewersEvent

log = logging.getLogger("kaibo.pulse")

BEAT_S = 0.25
VIEWERS_EVERY_BEATS = 4  # viewer counts may be a second old
KEEPALIVE_EVERY_BEATS = 8


class Pulse:
    """One worker's beat."""

    def __init__(self, live: Live, likes: LikeCounter, worker_id: str) -> None:
        self._live = live
        self._likes = likes
        self._worker_id = worker_id
        self._shown: dict[str, int] = {}  # the viewer count last published, by room

    @property
    def _hub(self) -> Hub:
        return self._live.hub

    @property
    def _broker(self) -> Broker:
        return self._live.broker

    async def run(self) -> None:
        """Beat until cancelled. While the broker is away, likes gathered in a beat are lost:
        they are the one thing nobody was promised."""
        beat = 0
        while True:
            await asyncio.sleep(BEAT_S)
            beat += 1
            if beat % KEEPALIVE_EVERY_BEATS == 0:
                self._check_silent(asyncio.get_running_loop().time())
            try:
                await self._publish_likes()
                if beat % VIEWERS_EVERY_BEATS == 0:
                    await self._publish_viewers()
            except BrokerUnavailable as error:
                log.warning("likes and viewer counts wait: %s", error)

    async def _publish_likes(self) -> None:
        taken = self._likes.take()

        async def publish(room_id: str) -> None:
            total = await self._broker.add_likes(room_id, taken[room_id])
            event = outgoing(LikesEvent(delta=taken[room_id], total=total))
            await self._broker.publish(room_id, [event])

        await each_room(taken, publish)

    async def _publish_viewers(self) -> None:
        here = self._hub.audiences()

        async def publish(room_id: str) -> None:
            count = await self._broker.count_viewers(
                room_id, self._worker_id, here.get(room_id, 0), now_ms()
            )
            if count != self._shown.get(room_id):
                event = outgoing(ViewersEvent(count=count), remember=(("viewers", str(count)),))
                await self._broker.publish(room_id, [event])
            self._shown[room_id] = count
            if room_id not in here:
                del self._shown[room_id]

        await each_room(here.keys() | self._shown.keys(), publish)

    def _check_silent(self, now_s: float) -> None:
        settings = self._live.settings
        for connection in tuple(self._live.connections):
            pinged_at_s = connection.pinged_at_s
            if pinged_at_s is not None and now_s - pinged_at_s > settings.pong_timeout_s:
                connection.close(CloseCode.NO_PONG, "no sign of life; reconnect")
            elif pinged_at_s is None and now_s - connection.heard_at_s > settings.ping_interval_s:
                connection.ping()
