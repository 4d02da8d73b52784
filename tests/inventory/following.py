"""A ledger writer that runs beside a test, and waiting until something has come about."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from inventory.ledger.writer import LedgerWriter
from server.jobs import end

DEADLINE_S = 30.0


@contextlib.asynccontextmanager
async def running(writer: LedgerWriter) -> AsyncIterator[None]:
    task = asyncio.create_task(writer.run())
    yield
    assert not task.done()
    await end({task})


async def eventually(check: Callable[[], Awaitable[bool]], what: str) -> None:
    """Asks until it is so, or fails saying what was awaited."""
    deadline = time.monotonic() + DEADLINE_S
    while not await check():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.01)
