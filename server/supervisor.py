"""The supervisor: several workers on one port, started, watched, replaced and drained.

It serves nothing itself. It owns the data folder and the private Redis, so that a worker may die
without anything else noticing but its own viewers, who reconnect to the others.

    a worker dies  -> it is started again, at once the first time, later and later if it keeps dying
    SIGHUP         -> every worker is replaced, one after the other: new one ready, old one drained
    SIGTERM        -> all are drained together
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping

from server.jobs import end

log = logging.getLogger("kaibo.supervisor")

READY = "worker is ready"  # what a worker says on stdout when it answers
READY_TIMEOUT_S = 60.0
DRAIN_TIMEOUT_S = 30.0
RESTART_DELAYS_S = (0.0, 0.5, 1.0, 2.0, 5.0)  # the last one repeats
STEADY_S = 30.0  # a worker that lived this long starts the delays anew


class WorkerFailed(RuntimeError):
    """A worker ended, or said nothing, before it was ready."""


class Worker:
    """One worker process."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._process: asyncio.subprocess.Process | None = None

    def __repr__(self) -> str:
        return f"<Worker pid={self.pid}>"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Returns when it answers. Raises WorkerFailed."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server.worker",
            env={**os.environ, **self._environ},
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in a terminal reaches only the supervisor
        )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                line = await self._process.stdout.readline()
        except TimeoutError:
            line = b""
        if line.decode().strip() != READY:
            await self.stop()
            raise WorkerFailed(f"a worker did not become ready (exit {self._process.returncode})")

    async def wait(self) -> int:
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to drain, and end it if it does not."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            log.warning("%r did not drain in time", self)
            self._process.kill()
            await self._process.wait()


class Supervisor:
    """Keeps `count` workers running with settings in `environ`; browsers come by `public_url`."""

    def __init__(self, count: int, public_url: str, environ: Mapping[str, str]) -> None:
        self.public_url = public_url
        self._environ = environ
        self._slots: list[Worker | None] = [None] * count
        self._replacing = asyncio.Lock()

    @property
    def pids(self) -> list[int]:
        return [worker.pid for worker in self._slots if worker and worker.pid]

    async def start(self) -> None:
        """Returns when every worker answers. Raises WorkerFailed."""
        started = [self._fill(number) for number in range(len(self._slots))]
        await asyncio.gather(*started)

    async def _fill(self, number: int) -> None:
        worker = Worker(self._environ)
        await worker.start()
        self._slots[number] = worker

    async def run(self, stopping: asyncio.Event) -> None:
        """Watch until `stopping` is set, then drain all workers."""
        loop = asyncio.get_running_loop()
        reloads: set[asyncio.Task[None]] = set()

        def reload() -> None:
            task = asyncio.create_task(self.replace_all())
            reloads.add(task)
            task.add_done_callback(reloads.discard)

        loop.add_signal_handler(signal.SIGHUP, reload)
        watches = {asyncio.create_task(self._watch(n)) for n in range(len(self._slots))}
        await stopping.wait()
        loop.remove_signal_handler(signal.SIGHUP)
        await end(watches | reloads)
        await asyncio.gather(*(worker.stop() for worker in self._slots if worker))

    async def replace_all(self) -> None:
        """Put a new worker in the place of each, one after the other. A new one that does not
        become ready leaves the old one where it is."""
        async with self._replacing:
            for number, old in enumerate(self._slots):
                try:
                    await self._fill(number)
                except WorkerFailed as error:
                    log.error("reload: %s; the old workers go on", error)  # noqa: TRY400
                    return
                if old is not None:
                    await old.stop()
        log.warning("reloaded: workers %s", self.pids)

    async def _watch(self, number: int) -> None:
        """Start the worker of one slot again whenever it dies."""
        clock = asyncio.get_running_loop().time
        failures = 0
        while True:
            worker = self._slots[number]
            started_s = clock()
            if worker is not None:
                status = await worker.wait()
                if self._slots[number] is not worker:
                    continue  # it was replaced
                log.error("worker %s ended with %d; it is started again", worker.pid, status)
            failures = 1 if clock() - started_s > STEADY_S else failures + 1
            await asyncio.sleep(RESTART_DELAYS_S[min(failures, len(RESTART_DELAYS_S)) - 1])
            async with self._replacing:
                if self._slots[number] is worker:
                    await self._restart(number)

    async def _restart(self, number: int) -> None:
        self._slots[number] = None
        try:
            await self._fill(number)
        except WorkerFailed as error:
            log.error("%s; trying again", error)  # noqa: TRY400
