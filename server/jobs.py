"""Jobs: the loops that run beside the server. One that fails is logged and started again.

Each job survives the faults it expects by itself; what reaches this file is a bug, and a bug in one
job must not silently end it while viewers go on believing what they see. A job that waits for a
store, or fails again and again, is found by its last success.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

log = logging.getLogger("kaibo.jobs")

RESTART_DELAY_S = 1.0
CANCEL_AGAIN_S = 1.0
FAILING_AFTER_S = 10.0  # every job that is watched succeeds once a second when all is well

Job = Callable[[], Awaitable[None]]


class Failing(Exception):
    """A job has not succeeded for a while; the message names no address and no secret."""


class LastSuccess:
    """When one job last did its work. It may have its time from the moment it is made."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._at_s = clock_s()

    def note(self) -> None:
        """For the job to call each time."""
        self._at_s = self._clock_s()

    async def check(self) -> None:
        """Raises Failing when that was too long ago."""
        passed_s = self._clock_s() - self._at_s
        if passed_s > FAILING_AFTER_S:
            raise Failing(f"no success for {passed_s:.0f} s; see the log")


@contextlib.asynccontextmanager
async def running(jobs: Mapping[str, Job]) -> AsyncIterator[None]:
    """Run `jobs`, each by its name, until the block ends; then cancel them and wait."""
    tasks = {asyncio.create_task(_kept_alive(name, job), name=name) for name, job in jobs.items()}
    try:
        yield
    finally:
        await end(tasks)


async def end(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel `tasks` until they have ended: a wait that finishes at the very moment of a
    cancellation can swallow it (asyncio.wait_for before Python 3.12), so once is not enough."""
    pending = tasks
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)


async def _kept_alive(name: str, job: Job) -> None:
    while True:
        try:
            await job()
            log.error("the job %s ended; it is started again", name)
        except Exception:
            log.exception("the job %s failed; it is started again", name)
        await asyncio.sleep(RESTART_DELAY_S)
