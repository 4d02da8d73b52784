"""The gate to SQL writes that clients ask for: few at a time, so that reads always find a thread.

A write of SQLite's waits for its lock in a thread, for seconds if need be. Were each of them to
take one of the threads that reads use too, a locked database would stop the whole server. Here they
wait without a thread, for a bounded time and in a bounded number, and are then told to retry.
Payments do not come through here: `inventory/ledger/grouped.py` writes them together.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from inventory.ledger.engine import LedgerUnavailable

AT_ONCE_MAX = 2  # SQLite writes one after the other anyway
WAITING_MAX = 1_000
WAIT_TIMEOUT_S = 5.0


class WriteGate:
    """`async with gate.open()` around every SQL write that a client's request makes."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE_MAX)
        self._waiting = 0

    def __repr__(self) -> str:
        return f"<WriteGate waiting={self._waiting}>"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Raises LedgerUnavailable when no place becomes free in time, or too many wait."""
        await self._take_place()
        try:
            yield
        finally:
            self._places.release()

    async def _take_place(self) -> None:
        if self._waiting >= WAITING_MAX:
            raise LedgerUnavailable("too many writes wait for the SQL ledger")
        self._waiting += 1
        try:
            async with asyncio.timeout(WAIT_TIMEOUT_S):
                await self._places.acquire()
        except TimeoutError:
            raise LedgerUnavailable("the SQL ledger is too slow to write") from None
        finally:
            self._waiting -= 1
