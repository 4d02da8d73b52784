"""Counting: brings what this worker heard, and what the outbox tells, into the room's minutes.

Sales are counted once however many workers and however many times the outbox is read, because the
position that was counted up to moves in the same step. What people looked at is counted like likes:
when Redis is away for a moment, that moment's is lost.
"""

import asyncio
import logging
from collections.abc import Sequence

from inventory.entry import Entry
from inventory.ledger.catalogue import Catalogue
from inventory.ledger.engine import LedgerUnavailable
from rooms.broker import BrokerUnavailable
from rooms.each_room import each_room
from rooms.hub import Hub
from rooms.minutes import Counted, Mark, minute_of
from rooms.redis_broker.minutes import RedisMinutes
from rooms.redis_broker.roster import RedisRoster
from server import figures
from server.clock import now_ms

log = logging.getLogger("kaibo.counting")

BEAT_S = 1.0
VIEWERS_EVERY_BEATS = 5
TRIES_MAX = 3  # when another worker counts at the same time


class Counting:
    """One worker's. `tally` is what its handlers count into."""

    def __init__(self, minutes: RedisMinutes, catalogue: Catalogue, roster: RedisRoster) -> None:
        self.tally = figures.Tally()
        self._minutes = minutes
        self._catalogue = catalogue
        self._roster = roster

    async def mark(self, room_id: str, kind: str, about: str = "", text: str = "") -> None:
        """A moment to show beside the counts. It is not worth failing a command for."""
        try:
            await self._minutes.add(room_id, {}, [Mark(now_ms(), kind, about, text)])
        except BrokerUnavailable as error:
            log.warning("a %s in room %s is not marked: %s", kind, room_id, error)

    async def count_sold(self, room_id: str, entries: Sequence[Entry]) -> None:
        """Counts those of the outbox's entries that were not counted before."""
        for _ in range(TRIES_MAX):
            after = await self._minutes.position(room_id)
            fresh = [entry for entry in entries if entry.position > int(after or 0)]
            if not fresh:
                return
            counts, marks = figures.sold(fresh)
            up_to = str(fresh[-1].position)
            if await self._minutes.add_once(room_id, after, up_to, counts, marks):
                return

    async def run(self, hub: Hub) -> None:
        """Bring what was heard into Redis until cancelled."""
        beat = 0
        while True:
            await asyncio.sleep(BEAT_S)
            beat += 1
            try:
                await self._flush()
                if beat % VIEWERS_EVERY_BEATS == 0:
                    await self._note_viewers(list(hub.audiences()))
            except (BrokerUnavailable, LedgerUnavailable) as error:
                log.warning("what people look at is not counted: %s", error)

    async def _flush(self) -> None:
        minute = minute_of(now_ms())
        taken = self.tally.take()

        async def add(room_id: str) -> None:
            real = await self._about_real_products(room_id, taken[room_id])
            await self._minutes.add(room_id, {minute: real})

        await each_room(taken, add)

    async def _about_real_products(
        self, room_id: str, counted: dict[Counted, int]
    ) -> dict[Counted, int]:
        """Without what was said to be about products that the room does not have."""
        if not any(it.about for it in counted):
            return counted
        products = await asyncio.to_thread(self._catalogue.products, room_id)
        known = {"", *(product.product_id for product in products)}
        return {it: by for it, by in counted.items() if it.about in known}

    async def _note_viewers(self, room_ids: Sequence[str]) -> None:
        """A minute shows the most that watched in it."""
        now = now_ms()

        async def note(room_id: str) -> None:
            here = await self._roster.read(room_id, now)
            if here.connections:
                level = {minute_of(now): {Counted(figures.VIEWERS): here.connections}}
                await self._minutes.raise_to(room_id, level)

        await each_room(room_ids, note)
