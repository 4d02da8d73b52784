"""Snapshots: a room as it is, built once for everybody who asks at about the same time.

While one snapshot is being read, all newcomers wait for the next: it starts after they joined the
hub, so every event it does not contain is already being kept for them.
"""

import asyncio

import msgspec

from inventory.ledger.catalogue import Catalogue
from inventory.store import Store
from rooms.broker import Broker, RoomRecord
from rooms.events import Delivery
from server.clock import now_ms
from server.tokens import Caller
from server.views import product_view, room_view, sale_view
from server.wire.codec import MSGPACK
from server.wire.events import CommentEvent, RoomSnapshot, Welcome
from server.wire.views import CommentView, PositionView, UserView

EVENTS_READ_MAX = 100  # numbered events read to find recent comments among them
COMMENTS_SHOWN_MAX = 50


class Snapshots:
    """Snapshots of every room of one worker."""

    def __init__(self, catalogue: Catalogue, store: Store, broker: Broker) -> None:
        self._catalogue = catalogue
        self._store = store
        self._broker = broker
        self._running: dict[str, asyncio.Task[RoomSnapshot | None]] = {}
        self._next: dict[str, asyncio.Task[RoomSnapshot | None]] = {}

    async def welcome(self, caller: Caller) -> Welcome | None:
        """What `caller` is welcomed with, or None if there is no such room.

        Raises BrokerUnavailable, StoreUnavailable or LedgerUnavailable when a store is away.
        """
        room = await self.room_snapshot(caller.room_id)
        if room is None:
            return None
        you = UserView(user_id=caller.user_id, name=caller.name, role=caller.role)
        return Welcome(
            **{name: getattr(room, name) for name in RoomSnapshot.__struct_fields__}, you=you
        )

    async def room_snapshot(self, room_id: str) -> RoomSnapshot | None:
        """The room as it is at some moment after this call."""
        waiting = self._next.get(room_id)
        if waiting is None:
            waiting = asyncio.create_task(self._after(self._running.get(room_id), room_id))
            self._next[room_id] = waiting
        # One asker that goes away must not cancel what the others wait for.
        return await asyncio.shield(waiting)

    async def _after(
        self, running: "asyncio.Task[RoomSnapshot | None] | None", room_id: str
    ) -> RoomSnapshot | None:
        if running is not None:
            await asyncio.wait([running])
        self._running[room_id] = self._next.pop(room_id)
        try:
            return await self._read(room_id)
        finally:
            del self._running[room_id]

    async def _read(self, room_id: str) -> RoomSnapshot | None:
        room = await asyncio.to_thread(self._catalogue.room, room_id)
        if room is None:
            return None
        # The position is read first: whatever happens after it also comes as an event.
        record = await self._broker.record(room_id, EVENTS_READ_MAX)
        products = await asyncio.to_thread(self._catalogue.products, room_id)
        pools = await self._store.pools(room_id)
        return RoomSnapshot(
            room=room_view(room),
            position=PositionView(epoch=record.position.epoch, offset=record.position.offset),
            now_ms=now_ms(),
            products=[product_view(product) for product in products],
            sales=[sale_view(pool) for pool in pools],
            pinned_product_id=record.fields.get("pinned") or None,
            comments=_comments(record),
            likes_total=int(record.fields.get("likes", "0")),
            viewer_count=int(record.fields.get("viewers", "0")),
        )


def _comments(record: RoomRecord) -> list[CommentView]:
    """The recent comments, oldest first; the one place where the server reads its own events."""
    chat = [event for event in record.recent if event.delivery is Delivery.CHAT]
    bodies = [MSGPACK.decode(event.payload)[4] for event in chat[-COMMENTS_SHOWN_MAX:]]
    return [msgspec.convert(body, CommentEvent).comment for body in bodies]
