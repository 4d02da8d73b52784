"""Snapshots: a room as it is, read and encoded once for everybody who asks at about the same time.

While one snapshot is being read, all newcomers wait for the next: it starts after they joined the
hub, so every event it does not contain is already being kept for them. A snapshot carries the
latest events of the room's stream, read in the same step as its position, so a client that says
where it was gets exactly the events from there to the position, or the room anew; never a part.
"""

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from inventory.ledger.catalogue import Catalogue, Product
from inventory.store import Store
from rooms.broker import Broker, RoomRecord
from rooms.events import Incoming, Position
from server import said
from server.clock import now_ms
from server.together import Together
from server.tokens import Caller
from server.views import poll_view, product_view, question_view, room_view, sale_view
from server.wire.codec import Codec
from server.wire.events import Greeting, RoomSnapshot
from server.wire.views import CommentView, PositionView, UserView

COMMENTS_SHOWN_MAX = 50


class SharedSnapshot:
    """One room at one moment. `recent` are its latest numbered events, without gaps, oldest
    first, up to `position`."""

    def __init__(self, room: RoomSnapshot, position: Position, recent: list[Incoming]) -> None:
        self.room = room
        self.position = position
        self._recent = recent
        self._encoded: dict[tuple[object, ...], bytes] = {}

    def missed(self, since: Position | None) -> list[Incoming] | None:
        """The numbered events after `since`, or None if they cannot all be told."""
        if since is None or since.epoch != self.position.epoch:
            return None
        count = self.position.offset - since.offset
        if not 0 <= count <= len(self._recent):
            return None
        return self._recent[len(self._recent) - count :]

    def welcome(self, codec: Codec, caller: Caller, since: Position | None) -> bytes:
        """The frames that a client at `since` is welcomed with: the welcome, then what it missed.

        Only the greeting is made for each client; the rest is encoded once and shared.
        """
        missed = self.missed(since)
        you = UserView(user_id=caller.user_id, name=caller.name, role=caller.role)
        greeting = Greeting(you=you, recovered=missed is not None)
        parts = (
            codec.encode("welcome"),
            codec.encode(msgspec.to_builtins(greeting)),
            self._once((codec,), lambda: codec.encode(msgspec.to_builtins(self.room))),
        )
        welcome = codec.frame(codec.array(parts))
        if not missed:
            return welcome
        return welcome + self._once(
            (codec, len(missed)),
            lambda: b"".join(codec.event_frame(event.payload) for event in missed),
        )

    def _once(self, key: tuple[object, ...], make: Callable[[], bytes]) -> bytes:
        if key not in self._encoded:
            self._encoded[key] = make()
        return self._encoded[key]


class Snapshots:
    """Snapshots of every room of one worker. `recent_max`: events each carries, at most."""

    def __init__(
        self,
        catalogue: Catalogue,
        store: Store,
        broker: Broker,
        together: Together,
        *,
        recent_max: int,
    ) -> None:
        self._catalogue = catalogue
        self._store = store
        self._broker = broker
        self._together = together
        self._recent_max = recent_max
        self._running: dict[str, asyncio.Task[SharedSnapshot | None]] = {}
        self._next: dict[str, asyncio.Task[SharedSnapshot | None]] = {}

    async def room_snapshot(self, room_id: str) -> RoomSnapshot | None:
        """The room as it is at some moment after this call, or None if there is no such room."""
        shared = await self.shared(room_id)
        return shared.room if shared else None

    async def shared(self, room_id: str) -> SharedSnapshot | None:
        """The same, ready to welcome clients with.

        Raises BrokerUnavailable, StoreUnavailable or LedgerUnavailable when a store is away.
        """
        waiting = self._next.get(room_id)
        if waiting is None:
            waiting = asyncio.create_task(self._after(self._running.get(room_id), room_id))
            self._next[room_id] = waiting
        # One asker that goes away must not cancel what the others wait for.
        return await asyncio.shield(waiting)

    async def _after(
        self, running: "asyncio.Task[SharedSnapshot | None] | None", room_id: str
    ) -> SharedSnapshot | None:
        if running is not None:
            await asyncio.wait([running])
        self._running[room_id] = self._next.pop(room_id)
        try:
            return await self._read(room_id)
        finally:
            del self._running[room_id]

    async def _read(self, room_id: str) -> SharedSnapshot | None:
        room = await asyncio.to_thread(self._catalogue.room, room_id)
        if room is None:
            return None
        # The position is read first: whatever happens after it also comes as an event.
        record = await self._broker.record(room_id, self._recent_max)
        products = await asyncio.to_thread(self._catalogue.products, room_id)
        pools = await self._store.shown_pools(room_id)
        poll = await self._together.polls.last(room_id)
        questions = await self._together.questions.top(room_id)
        view = RoomSnapshot(
            room=room_view(room),
            position=PositionView(epoch=record.position.epoch, offset=record.position.offset),
            now_ms=now_ms(),
            products=[product_view(product) for product in in_order(products, record)],
            sales=[sale_view(pool) for pool in pools],
            pinned_product_id=record.fields.get("pinned") or None,
            comments=said.shown(record.recent, COMMENTS_SHOWN_MAX),
            pinned_comment=_pinned_comment(record),
            poll=None if poll is None or poll.is_closed else poll_view(poll),
            questions=[question_view(question) for question in questions],
            likes_total=int(record.fields.get("likes", "0")),
            viewer_count=int(record.fields.get("viewers", "0")),
        )
        return SharedSnapshot(view, record.position, record.recent)


def in_order(products: Iterable[Product], record: RoomRecord) -> list[Product]:
    """As the host put them; the others after them, by id."""
    places = {it: place for place, it in enumerate(record.fields.get("order", "").split())}
    return sorted(products, key=lambda it: (places.get(it.product_id, len(places)), it.product_id))


def _pinned_comment(record: RoomRecord) -> CommentView | None:
    """Unless it was removed in the moment it was pinned."""
    comment = said.pinned(record.fields)
    if comment is None or comment.comment_id in said.removed_ids(record.recent):
        return None
    return comment
