"""A server of the run's own, as its users start it, on a folder that is gone afterwards."""

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx

from loadtests.errors import ServerFailed

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 30.0
COMMAND_TIMEOUT_S = 60.0
POLL_S = 0.05
LOG_TAIL_CHARS = 2_000
ANNOUNCED = "serving at "  # what `kaibo serve` prints before its address


class Kaibo:
    """The `kaibo` command on one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._flags = ["--data-dir", str(data_dir)]

    def __repr__(self) -> str:
        return f"<Kaibo {self._flags}>"

    def arguments(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "server", *words, *self._flags]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.arguments(*words),
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )

    def host_token(self, room_id: str) -> str:
        """Raises ServerFailed with what the command said."""
        done = self.run("token", "--role", "host", "--room", room_id)
        if done.returncode != 0:
            raise ServerFailed(done.stderr[-LOG_TAIL_CHARS:])
        return done.stdout.strip()

    def audit(self, room_id: str) -> tuple[int, str]:
        """The exit status of the room's audit, and what it said."""
        done = self.run("audit", "--room", room_id)
        return done.returncode, (done.stdout + done.stderr).strip()


class OwnServer(NamedTuple):
    """A server that the run started: it may be hurt."""

    url: str
    kaibo: Kaibo
    pid: int
    database: Path


@contextlib.contextmanager
def own_server(*words: str) -> Iterator[OwnServer]:
    """A fresh server, `words` more of its command line; stopped when the block ends."""
    with tempfile.TemporaryDirectory(prefix="kaibo-load-") as folder:
        data_dir = Path(folder) / "data"
        kaibo = Kaibo(data_dir)
        log_path = Path(folder) / "log"
        with log_path.open("w") as log:
            process = subprocess.Popen(
                kaibo.arguments("serve", "--port", "0", *words),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            url = announced(process, log_path)
            wait_until_ready(url, log_path)
            yield OwnServer(url, kaibo, process.pid, data_dir / "kaibo.db")
        finally:
            stop(process)


def announced(process: "subprocess.Popen[str]", log_path: Path) -> str:
    """Where a server says that it serves. Raises ServerFailed when it ends without saying so."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if ANNOUNCED in line:
        return line.split(ANNOUNCED)[1].split()[0]
    raise ServerFailed(log_path.read_text()[-LOG_TAIL_CHARS:])


def wait_until_ready(url: str, log_path: Path) -> None:
    """Raises ServerFailed when it is not ready in time."""
    if not _is_ready_in_time(url):
        raise ServerFailed(log_path.read_text()[-LOG_TAIL_CHARS:])


def is_ready(url: str) -> bool:
    """Whether all its parts answer now."""
    with httpx.Client(timeout=2.0, trust_env=False) as client:
        try:
            return client.get(f"{url}/health/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


def _is_ready_in_time(url: str) -> bool:
    until_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until_s:
        if is_ready(url):
            return True
        time.sleep(POLL_S)
    return False


def stop(process: "subprocess.Popen[str]") -> None:
    """Ask it to stop, so that its Redis is stopped too; kill it only if it does not."""
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
