"""How far SQL is behind the outboxes: a value for whoever watches over it.

It is bounded: at `outbox_entries_max` entries a room's sales pause. It can be asked of any process,
whether or not that one runs the writer. While SQL is away its last known positions stand in for it,
so that what is reported then grows, as it should.
"""

import asyncio
import contextlib

import msgspec

from inventory.ledger.engine import LedgerUnavailable
from inventory.ledger.ledger import Ledger
from inventory.redis_store.outbox import Outbox


class Lag(msgspec.Struct, frozen=True):
    """Both are 0 when SQL has everything that could be read."""

    lag_entries: int  # that the outboxes still keep, in all rooms that SQL is behind in
    lag_ms: int  # since the oldest entry was written that SQL has not committed


class LagMeter:
    def __init__(self, outbox: Outbox, ledger: Ledger) -> None:
        self._outbox = outbox
        self._ledger = ledger
        self._positions: dict[str, int] = {}  # of all rooms, when SQL last answered

    async def measure(self, room_ids: list[str], now_ms: int) -> Lag:
        """The lag of the rooms. Raises StoreUnavailable when Redis is away."""
        with contextlib.suppress(LedgerUnavailable):
            self._positions = await asyncio.to_thread(self._ledger.positions)
        committed = {room_id: self._positions.get(room_id, 0) for room_id in room_ids}
        waiting = await self._outbox.waiting(committed)
        oldest_ms = min((each.oldest_ms for each in waiting), default=now_ms)
        return Lag(
            lag_entries=sum(each.entries for each in waiting), lag_ms=max(now_ms - oldest_ms, 0)
        )
