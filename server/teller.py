"""The teller: tells viewers the counts of polls and questions, about twice a second at most.

Votes and upvotes only mark their room as changed. Of all workers with a changed room one is given
what there is to tell; the others ask again, until nothing is left.
"""

import asyncio
import logging
from collections.abc import Iterable

from rooms.broker import Broker, BrokerUnavailable
from rooms.events import Outgoing
from rooms.redis_broker.tallies import POLL
from server.publishing import poll_event, question_event
from server.together import Together

log = logging.getLogger("kaibo.teller")

BEAT_S = 0.1


class Teller:
    """One worker's."""

    def __init__(self, broker: Broker, together: Together) -> None:
        self._broker = broker
        self._together = together

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await asyncio.sleep(BEAT_S)
            for room_id in tuple(self._together.changed):
                await self._tell(room_id)

    async def _tell(self, room_id: str) -> None:
        changed = self._together.changed
        changed.discard(room_id)  # first: a vote from now on marks it again
        try:
            taken = await self._together.tallies.take(room_id)
            if taken is None:
                changed.add(room_id)
            elif taken:
                await self._broker.publish(room_id, await self._events(room_id, taken))
        except BrokerUnavailable as error:
            log.warning("counts of room %s wait: %s", room_id, error)
            changed.add(room_id)

    async def _events(self, room_id: str, taken: Iterable[str]) -> list[Outgoing]:
        events = []
        poll = await self._together.polls.last(room_id) if POLL in taken else None
        if poll is not None:
            events.append(poll_event(poll))
        questions = await self._together.questions.some(room_id, set(taken) - {POLL})
        return events + [question_event(question) for question in questions]
