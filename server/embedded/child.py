"""A child process: started in a folder, known again after a crash of ours, watched, and ended.

A child leads a session of its own, so that Ctrl-C in a terminal reaches only us and we end it in
order. Its pid is in a file; a pid from that file is trusted only while that process still works in
the child's folder, as numbers are reused.
"""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from server.embedded import EmbeddedError, tether

LOG_BYTES_MAX = 1_048_576
POLL_INTERVAL_S = 0.05
END_TIMEOUT_S = 10.0
RESTART_DELAYS_S = (0.0, 0.25, 0.5, 1.0, 2.0, 5.0)  # the last one repeats
STEADY_S = 30.0  # a child that lived this long starts the delays anew

log = logging.getLogger(__name__)


class Child:
    """One program, run in `folder`; `files` is where its pid file and its log go."""

    def __init__(self, name: str, folder: Path, files: Path) -> None:
        self.name = name
        self.folder = folder
        self.log_path = files / f"{name}.log"
        self._pid_path = files / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self.pid: int | None = None

    def __repr__(self) -> str:
        return f"<Child {self.name} pid={self.pid} {'alive' if self.alive else 'dead'}>"

    @property
    def alive(self) -> bool:
        if self._process:
            return self._process.poll() is None
        return self.pid is not None and _is_alive(self.pid)

    def spawn(self, command: list[str], *, tethered: bool) -> None:
        """Starts it. Call from the main thread: a tether is to the thread, not to the process."""
        if tethered:
            command = [sys.executable, "-I", tether.__file__, str(os.getpid()), *command]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        _bound(self.log_path)
        with self.log_path.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._pid_path.write_text(f"{self.pid}\n")

    def adopt(self, pid: int) -> None:
        """Takes over a process that an earlier one of ours started."""
        self._process, self.pid = None, pid
        self._pid_path.write_text(f"{pid}\n")

    def adopt_leftover(self) -> bool:
        """True if the child of an earlier process of ours still runs; it is ours from now on."""
        text = self._pid_path.read_text().strip() if self._pid_path.exists() else ""
        if not text.isdigit() or not _works_in(int(text), self.folder):
            return False
        self.adopt(int(text))
        return True

    async def end(self, timeout_s: float = END_TIMEOUT_S) -> None:
        """SIGTERM, and SIGKILL if it does not listen; returns when it is gone."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.alive and self.pid:
                os.kill(self.pid, number)
                await self._gone(timeout_s)
        self._pid_path.unlink(missing_ok=True)
        self._process = self.pid = None

    async def _gone(self, timeout_s: float) -> None:
        deadline = asyncio.get_running_loop().time() + timeout_s
        while self.alive and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(POLL_INTERVAL_S)

    def last_words(self, lines: int = 5) -> str:
        """The end of its log, for an error message."""
        if not self.log_path.exists():
            return "it wrote no log"
        text = self.log_path.read_bytes()[-4096:].decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:]) or "its log is empty"


async def keep_alive(child: Child, start_again: Callable[[], Awaitable[None]]) -> None:
    """Starts the child again whenever it dies, with growing delays; ends only when cancelled."""
    loop = asyncio.get_running_loop()
    deaths, started_at_s = 0, loop.time()
    while True:
        while child.alive:
            await asyncio.sleep(POLL_INTERVAL_S)
        if loop.time() - started_at_s > STEADY_S:
            deaths = 0
        delay_s = RESTART_DELAYS_S[min(deaths, len(RESTART_DELAYS_S) - 1)]
        log.error("%s died; starting it again in %.2f s: %s", child.name, delay_s, child.log_path)
        await asyncio.sleep(delay_s)
        deaths, started_at_s = deaths + 1, loop.time()
        try:
            await start_again()
        except (EmbeddedError, OSError) as error:
            log.error("%s does not start: %s", child.name, error)  # noqa: TRY400 - it says all
        else:
            log.warning("%s runs again, pid %s", child.name, child.pid)


def _is_alive(pid: int) -> bool:
    """False also for a zombie, which nobody may ever collect when its parent is gone."""
    if Path("/proc/self/stat").exists():
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        except (FileNotFoundError, ProcessLookupError):
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return _is_alive(pid) and Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        return False


def _bound(path: Path) -> None:
    """Starts a log anew when it has grown past its bound."""
    if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
        path.unlink()
