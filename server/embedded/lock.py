"""Who owns a data folder: at most one process, told by a lock that dies with its holder.

The lock is the kernel's (flock), so a kill -9 releases it. The file's text only names the holder.
Children do not inherit it: a redis-server that outlives us does not keep the folder locked.
"""

import fcntl
import os
from pathlib import Path
from typing import Self

from server.embedded import ANOTHER_FOLDER, EmbeddedError


class DataDirInUse(EmbeddedError):
    """Another process owns the data folder; `pid` is its number, if it has written it yet."""

    def __init__(self, data_dir: Path, pid: int | None) -> None:
        super().__init__(
            f"{data_dir} is in use by another Kaibo process (pid {pid or 'not known yet'}):"
            f" stop it, or choose another folder with {ANOTHER_FOLDER}"
        )
        self.data_dir = data_dir
        self.pid = pid


class DataDirLock:
    """Held from `acquire` to `release`, or inside `with`, or to the end of the process."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._fd: int | None = None

    def __repr__(self) -> str:
        return f"<DataDirLock {self._data_dir} {'free' if self._fd is None else 'held'}>"

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Raises DataDirInUse when another process holds it."""
        self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._data_dir / "lock"
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise DataDirInUse(self._data_dir, _written_pid(path)) from None
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        self._fd = fd

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _written_pid(path: Path) -> int | None:
    text = path.read_text().strip()
    return int(text) if text.isdigit() else None
