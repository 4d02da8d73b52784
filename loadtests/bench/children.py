"""Child processes on a core of their own, and their end, whatever happens."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from loadtests.bench.machine import running_on
from loadtests.own_server import announced, stop


class Child(NamedTuple):
    """A server that has said where it serves. `order` writes a line to its standard input."""

    process: "subprocess.Popen[str]"
    url: str
    log_path: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def order(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()


@contextmanager
def child(command: Sequence[str], cores: Sequence[int], log_path: Path) -> Iterator[Child]:
    """A server on `cores` until the block ends. Raises ServerFailed if it does not start."""
    with running_on(*cores), log_path.open("w") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        yield Child(process, announced(process, log_path), log_path)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        stop(process)
