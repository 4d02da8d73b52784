"""Jobs: the loops that run beside the server. One that fails is logged and started again.

Each job survives the faults it expects by itself; what reaches this file is a bug, and a bug in one
job must not silently end it while viewers go on believing what they see.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

log = logging.getLogger("kaibo.jobs")

RESTART_DELAY_S = 1.0

Job = Callable[[], Awaitable[None]]


@contextlib.asynccontextmanager
async def running(jobs: Mapping[str, Job]) -> AsyncIterator[None]:
    """Run `jobs`, each by its name, until the block ends; then cancel them and wait."""
    tasks = [asyncio.create_task(_kept_alive(name, job), name=name) for name, job in jobs.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _kept_alive(name: str, job: Job) -> None:
    while True:
        try:
            await job()
            log.error("the job %s ended; it is started again", name)
        except Exception:
            log.exception("the job %s failed; it is started again", name)
        await asyncio.sleep(RESTART_DELAY_S)
