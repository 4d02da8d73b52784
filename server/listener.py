"""What a worker does with what the broker tells it: mostly, hand it to the hub."""

import asyncio
import logging

from inventory.store import InventoryError, Store
from rooms.broker import BrokerUnavailable
from rooms.events import Incoming
from rooms.hub import Hub
from server.publishing import as_local, local, poll_event, question_event
from server.together import Together
from server.views import stock_view
from server.wire.events import StockEvent

log = logging.getLogger("kaibo.listener")


class LiveListener:
    """Implements `rooms.broker.Listener`."""

    def __init__(self, hub: Hub, store: Store, together: Together) -> None:
        self._hub = hub
        self._store = store
        self._together = together
        self._refreshing: dict[str, asyncio.Task[None]] = {}

    def deliver(self, room_id: str, event: Incoming) -> None:
        self._hub.deliver(room_id, event)

    def lost(self, room_id: str) -> None:
        self._hub.lost(room_id)

    def resumed(self, room_id: str) -> None:
        """Numbered events were filled in; stock, polls and questions are told again."""
        if room_id not in self._refreshing:
            task = asyncio.create_task(self._refresh(room_id))
            self._refreshing[room_id] = task
            task.add_done_callback(lambda _: self._refreshing.pop(room_id))

    async def _refresh(self, room_id: str) -> None:
        try:
            pools = await self._store.pools(room_id)
            poll = await self._together.polls.last(room_id)
            questions = await self._together.questions.top(room_id)
        except (InventoryError, BrokerUnavailable) as error:
            log.warning("the state of room %s cannot be told again: %s", room_id, error)
            return
        for pool in pools:
            event = StockEvent(stock=stock_view(pool))
            self._hub.deliver(room_id, local(event, key=f"stock:{pool.sale_id}"))
        asked = [question_event(question) for question in questions]
        for outgoing in asked if poll is None else [poll_event(poll), *asked]:
            self._hub.deliver(room_id, as_local(outgoing))
