"""The sweeper: gives the units of overdue holds back, room after room, and forgets old records.

Exactness does not hang on it (the reserve script reclaims what it needs by itself); it is what
makes returned units and expired holds visible when nobody asks.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from inventory.ledger.catalogue import Catalogue
from inventory.store import InventoryError, Store, StoreUnavailable, Swept

log = logging.getLogger("kaibo.sweeper")


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
        """Expires all that is due and forgets all that is old, in every room; how many expired.

        With SQL away it goes on with the rooms it knows, and raises afterwards.
        """
        sql_failure: InventoryError | None = None
        try:
            self._room_ids = await asyncio.to_thread(self._catalogue.room_ids)
        except InventoryError as error:
            sql_failure = error
        expired = 0
        unswept = self._room_ids
        while unswept:  # in turns, so that one room's backlog does not hold up the others
            swept = await self._turn(unswept)
            expired += sum(len(each.holds) for each in swept.values())
            unswept = [room_id for room_id, each in swept.items() if each.again]
        if sql_failure:
            raise sql_failure
        return expired

    async def _turn(self, room_ids: Sequence[str]) -> dict[str, Swept]:
        """Once in each room whose server answers; raises StoreUnavailable if none does."""
        swept: dict[str, Swept] = {}
        failure: StoreUnavailable | None = None
        for room_id in room_ids:
            try:
                swept[room_id] = await self._store.expire_due(room_id)
            except StoreUnavailable as error:
                failure = error
        if failure and not swept:
            raise failure
        return swept
