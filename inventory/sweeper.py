"""The sweeper: gives the units of overdue holds back, room after room, and forgets old records.

Exactness does not hang on it (the reserve script reclaims what it needs by itself); it is what
makes returned units and expired holds visible when nobody asks.
"""

import asyncio
import logging
from collections.abc import Callable

from inventory.ledger.catalogue import Catalogue
from inventory.store import InventoryError, Store

log = logging.getLogger("kaibo.sweeper")

_HOLDS_PER_CALL_MAX = 100


class Sweeper:
    """`run()` until cancelled."""

    def __init__(self, store: Store, catalogue: Catalogue, *, interval_ms: int = 250) -> None:
        self._store = store
        self._catalogue = catalogue
        self._interval_ms = interval_ms
        self._room_ids: list[str] = []

    async def run(self, succeeded: Callable[[], None] = lambda: None) -> None:
        """Sweeps for ever, telling of each sweep that succeeded. What cannot be reached now is
        swept later; it is said once."""
        failing = False
        while True:
            try:
                await self.sweep()
                succeeded()
                failing = False
            except InventoryError as error:
                if not failing:
                    log.warning("holds are not being expired: %s", error)
                failing = True
            await asyncio.sleep(self._interval_ms / 1_000)

    async def sweep(self) -> int:
        """Expires every hold that is due, in every room; returns how many.

        With SQL away it goes on with the rooms it knows, and raises afterwards.
        """
        sql_failure: InventoryError | None = None
        try:
            self._room_ids = await asyncio.to_thread(self._catalogue.room_ids)
        except InventoryError as error:
            sql_failure = error
        expired = 0
        for room_id in self._room_ids:
            expired += await self._sweep_room(room_id)
        if sql_failure:
            raise sql_failure
        return expired

    async def _sweep_room(self, room_id: str) -> int:
        expired = 0
        while True:
            batch = await self._store.expire_due(room_id, _HOLDS_PER_CALL_MAX)
            expired += len(batch)
            if len(batch) < _HOLDS_PER_CALL_MAX:
                return expired
