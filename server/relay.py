"""The relay: inventory outcomes become room events. It maps and never decides.

It follows the outbox, so a sale's change is told exactly once however it was made: the broker
skips a source it has published before, and the outbox remembers how far the relay has come.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable

from inventory.codes import Outcome
from inventory.entry import Entry, UnreadableEntry, time_ms_of
from inventory.ledger.catalogue import Catalogue
from inventory.redis_store.outbox import Outbox
from inventory.store import InventoryError, StoreUnavailable
from rooms.broker import Broker, BrokerUnavailable
from rooms.events import Outgoing
from rooms.redis_broker.roster import RedisRoster
from server.bought import bought_events, paid_holds
from server.clock import now_ms
from server.counting import Counting
from server.publishing import outgoing
from server.views import hold_view, sale_view, stock_view
from server.wire.events import EventBody, HoldEvent, RestoredEvent, SaleEvent, StockEvent

log = logging.getLogger("kaibo.relay")

BATCH_MAX = 200
RETRY_DELAY_S = 0.5
_SALE_CHANGED = {
    Outcome.CREATED,
    Outcome.STARTED,
    Outcome.STOPPED,
    Outcome.RESTOCKED,
    Outcome.SALE_PAUSED,
    Outcome.SALE_RESUMED,
    Outcome.REFUNDED,  # its units are gone, so the total has changed
    Outcome.BROKEN,
    Outcome.RESTORED,
}


def events_of(entries: Iterable[Entry]) -> list[Outgoing]:
    """What viewers are told of `entries`, all of one room: every sale change, every hold to its
    own buyer, and only the latest stock of each sale."""
    told: list[Outgoing] = []
    stock: dict[str, Outgoing] = {}
    for entry in entries:
        bodies: list[EventBody] = []
        if entry.kind is Outcome.RESTORED:
            bodies.append(RestoredEvent(epoch_ms=time_ms_of(entry.position)))
        if entry.kind in _SALE_CHANGED:
            bodies += [SaleEvent(sale=sale_view(pool)) for pool in entry.pools]
        for number, body in enumerate(bodies):
            # A batch read again after a crash may be cut elsewhere, so each event has a source.
            told.append(outgoing(body, source=f"{entry.position:020d}.{number:04d}"))
        told += [
            outgoing(HoldEvent(hold=hold_view(hold)), to=hold.buyer_id) for hold in entry.holds
        ]
        for pool in [] if entry.kind is Outcome.ARCHIVED else entry.pools:
            event = StockEvent(stock=stock_view(pool))
            stock[pool.sale_id] = outgoing(event, key=f"stock:{pool.sale_id}")
    return told + list(stock.values())


class Relay:
    """Follows the outboxes of all rooms and publishes what viewers should hear."""

    def __init__(
        self,
        outbox: Outbox,
        broker: Broker,
        catalogue: Catalogue,
        roster: RedisRoster,
        counting: Counting,
    ) -> None:
        self._outbox = outbox
        self._broker = broker
        self._roster = roster
        self._counting = counting
        self._catalogue = catalogue
        self._after: dict[str, str] = {}

    async def run(self, succeeded: Callable[[], None] = lambda: None) -> None:
        """Follow until cancelled, telling of each step that succeeded; a store that is away is
        waited for."""
        while True:
            try:
                await self.step(block_ms=500)
                succeeded()
            except (InventoryError, BrokerUnavailable) as error:
                log.warning("the relay waits: %s", error)
                await asyncio.sleep(RETRY_DELAY_S)

    async def step(self, block_ms: int) -> None:
        """Relay what is there, waiting at most `block_ms` for a first entry."""
        await self._notice_rooms()
        if not self._after:
            await asyncio.sleep(block_ms / 1000)
            return
        entries = await self._outbox.read(self._after, BATCH_MAX, block_ms)
        by_room: dict[str, list[Entry | UnreadableEntry]] = {}
        for entry in entries:
            by_room.setdefault(entry.room_id, []).append(entry)
        for room_id, of_room in by_room.items():
            last = of_room[-1]
            readable = _readable(of_room)
            told = events_of(readable) + await self._bought(room_id, readable)
            await self._broker.publish(room_id, told)
            await self._counting.count_sold(room_id, readable)
            await self._outbox.set_relay_position(room_id, last.stream_id)
            self._after[room_id] = last.stream_id

    async def _bought(self, room_id: str, entries: list[Entry]) -> list[Outgoing]:
        paid = paid_holds(entries)
        if not paid:
            return []
        here = await self._roster.read(room_id, now_ms())
        return bought_events(paid, {one.user_id: one.name for one in here.watching})

    async def _notice_rooms(self) -> None:
        """Those whose server is away are noticed later and hold up no others; raises if all are."""
        failure: StoreUnavailable | None = None
        for room_id in await asyncio.to_thread(self._catalogue.room_ids):
            if room_id in self._after:
                continue
            try:
                self._after[room_id] = await self._outbox.relay_position(room_id)
            except StoreUnavailable as error:
                failure = error
        if failure is None:
            return
        if not self._after:
            raise failure
        log.warning("some rooms are not relayed yet: %s", failure)


def _readable(entries: Iterable[Entry | UnreadableEntry]) -> list[Entry]:
    """The entries that viewers can be told of; the others are said in the log and skipped."""
    readable = []
    for entry in entries:
        if isinstance(entry, Entry):
            readable.append(entry)
        else:
            log.error("outbox entry %s of %s: %s", entry.stream_id, entry.room_id, entry.reason)
    return readable
