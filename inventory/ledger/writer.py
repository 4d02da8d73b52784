"""The ledger writer: follows the outbox of every room and moves it into SQL.

Its position lives in SQL, committed with what it wrote. Only then is the outbox trimmed, and only
below the slower of its two readers (the relay keeps its own position). While SQL is away the outbox
grows; at its cap the store pauses reserving. Several writers at once are wasteful but harmless.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence

from inventory.entry import Entry, UnreadableEntry, position_of, stream_id_of
from inventory.ledger.catalogue import Catalogue
from inventory.ledger.ledger import Ledger
from inventory.redis_store.outbox import Outbox
from inventory.store import InventoryError, StoreUnavailable

log = logging.getLogger("kaibo.ledger")

_ENTRIES_PER_READ_MAX = 200  # of one to 128 holds each; shared by the rooms, but each has
_ENTRIES_PER_ROOM_MIN = 10  # that many
_BLOCK_MS = 500
_COMMIT_INTERVAL_S = 0.03  # a commit waits for the disk, so it is worth gathering for
_TRIM_INTERVAL_S = 0.5
_BACKOFF_MIN_S, _BACKOFF_MAX_S = 0.1, 5.0


class LedgerWriter:
    """`run()` until cancelled; `drain()` for whoever needs a room to be in SQL now."""

    def __init__(self, outbox: Outbox, ledger: Ledger, catalogue: Catalogue) -> None:
        self._outbox = outbox
        self._ledger = ledger
        self._catalogue = catalogue
        self._positions: dict[str, int] = {}  # what SQL has committed, as far as we know
        self._untrimmed: set[str] = set()
        self._trim_next_s = 0.0
        self._has_more = False  # the last read left something behind

    async def run(self, succeeded: Callable[[], None] = lambda: None) -> None:
        """Follows all rooms, those created later too, and survives Redis or SQL being away. Tells
        of each step that succeeded."""
        clock = asyncio.get_running_loop().time
        backoff_s = _BACKOFF_MIN_S
        while True:
            began_s = clock()
            try:
                await self.step(_BLOCK_MS)
                succeeded()
                backoff_s = _BACKOFF_MIN_S
            except InventoryError as error:
                log.warning("ledger writer waits %.1f s: %s", backoff_s, error)
                self._positions.clear()
                await asyncio.sleep(backoff_s)
                backoff_s = min(backoff_s * 2, _BACKOFF_MAX_S)
            else:
                pause_s = began_s + _COMMIT_INTERVAL_S - clock()
                await asyncio.sleep(0 if self._has_more else max(pause_s, 0))

    async def step(self, block_ms: int | None = None) -> int:
        """Moves what is there into SQL, waiting up to `block_ms` for it; how many entries."""
        room_ids = await asyncio.to_thread(self._catalogue.room_ids)
        if not room_ids:
            await asyncio.sleep((block_ms or 0) / 1_000)
        return await self._move(room_ids, block_ms)

    async def drain(self, room_id: str) -> int:
        """Moves all entries that a room has now into SQL; returns the position reached.

        What is added meanwhile may stay behind, so that it ends in a busy room too.
        """
        last = await self._outbox.last_position(room_id)
        while await self._position(room_id) < last and await self._move([room_id], None):
            pass
        await self._trim(room_id)
        return await self._position(room_id)

    async def _move(self, room_ids: Sequence[str], block_ms: int | None) -> int:
        """One read and one commit, for all the rooms together."""
        after = {room_id: stream_id_of(await self._position(room_id)) for room_id in room_ids}
        each_max = max(_ENTRIES_PER_READ_MAX // max(len(after), 1), _ENTRIES_PER_ROOM_MIN)
        entries = await self._outbox.read(after, each_max, block_ms)
        by_room: defaultdict[str, list[Entry | UnreadableEntry]] = defaultdict(list)
        for entry in entries:
            by_room[entry.room_id].append(entry)
        if by_room:
            _say_unreadable(entries)
            self._positions |= await asyncio.to_thread(self._ledger.apply_all, by_room)
            self._untrimmed |= by_room.keys()
        self._has_more = any(len(batch) >= each_max for batch in by_room.values())
        await self._trim_now_and_then()
        return len(entries)

    async def _trim_now_and_then(self) -> None:
        """Removes what nobody reads again. A room whose Redis is away is left for the next time:
        its entries wait there, and other rooms must not wait for it."""
        clock = asyncio.get_running_loop().time
        if clock() < self._trim_next_s:
            return
        self._trim_next_s = clock() + _TRIM_INTERVAL_S
        for room_id in list(self._untrimmed):
            with contextlib.suppress(StoreUnavailable):
                await self._trim(room_id)

    async def _position(self, room_id: str) -> int:
        if room_id not in self._positions:
            found = await asyncio.to_thread(self._ledger.position, room_id)
            self._positions[room_id] = found
            self._untrimmed.add(room_id)  # whoever committed last may not have come to it
        return self._positions[room_id]

    async def _trim(self, room_id: str) -> None:
        """Trims what both readers have committed; tries again later while the relay is behind."""
        committed = await self._position(room_id)
        relayed = position_of(await self._outbox.relay_position(room_id))
        safe = min(committed, relayed)
        if safe > 0:
            await self._outbox.trim(room_id, stream_id_of(safe))
        if relayed >= committed:
            self._untrimmed.discard(room_id)


def _say_unreadable(entries: Sequence[Entry | UnreadableEntry]) -> None:
    for entry in entries:
        if isinstance(entry, UnreadableEntry):
            where = f"outbox entry {entry.stream_id} of room {entry.room_id}"
            log.error("%s is parked, run `kaibo audit`: %s", where, entry.reason)
