"""A crowd: thousands of readers of one server, in one process, on one epoll.

A reader counts bytes and does nothing else, unless somebody listens to it. So the crowd keeps up
with any server, and what is measured is the server. Nothing waits without a deadline.
"""

import select
import socket
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from loadtests.bench.frames import HEAD_END, is_accepted
from loadtests.errors import LoadError

READ_BYTES = 262_144
ARRIVING_MAX = 100  # handshakes under way at once, unless all come at once
ARRIVE_TIMEOUT_S = 120.0
POLL_S = 0.2

Hears = Callable[[bytes, float], None]  # bytes, and when they came (time.time)


class CrowdFailed(LoadError):
    """The crowd did not get what it waited for; the message says how far it came."""


class Door(NamedTuple):
    """How a server is entered. `knock` makes the handshake of the n-th reader; `after` is sent
    when it was accepted (for protocols on top of WebSocket)."""

    port: int
    knock: Callable[[int], bytes]
    after: bytes = b""


class Reader:
    """One socket. `hears` is called with what arrives, if it is set."""

    __slots__ = ("bytes", "head", "hears", "is_open", "number", "recv_into", "socket")

    def __init__(self, number: int, connection: socket.socket) -> None:
        self.number = number
        self.socket = connection
        self.recv_into = connection.recv_into
        self.bytes = 0
        self.is_open = False
        self.head = b""
        self.hears: Hears | None = None


class Crowd:
    """The readers of one server. `total_bytes` is what they were sent after their handshakes."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._epoll = select.epoll()
        self._by_fd: dict[int, Reader] = {}
        self._buffer = bytearray(READ_BYTES)
        self._view = memoryview(self._buffer)
        self._next_number = 0
        self.readers: list[Reader] = []  # accepted ones
        self.total_bytes = 0
        self.lost = 0  # closed by the server, or by an error

    def __repr__(self) -> str:
        return f"<Crowd {len(self.readers)} of {self._next_number}, lost {self.lost}>"

    def __len__(self) -> int:
        return len(self.readers)

    def close(self) -> None:
        self.leave(list(self._by_fd.values()))
        self._epoll.close()

    # Coming and going.

    def arrive(
        self,
        count: int,
        *,
        at_once: bool = False,
        hears: Callable[[int], Hears | None] | None = None,
        receive_bytes: int = 0,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> list[Reader]:
        """`count` more readers; returns them when all are accepted. `hears` makes what listens to
        the n-th of them; `receive_bytes` narrows their windows; `meanwhile` is called often.
        Raises CrowdFailed."""
        before, arriving = len(self.readers), 0
        until_s = time.monotonic() + ARRIVE_TIMEOUT_S
        while len(self.readers) < before + count:
            accepted = len(self.readers) - before
            while arriving < count and (at_once or arriving - accepted < ARRIVING_MAX):
                self._connect(hears, receive_bytes)
                arriving += 1
            self.pump(POLL_S)
            meanwhile()
            if self.lost or time.monotonic() > until_s:
                raise CrowdFailed(f"{accepted} of {count} readers were accepted, {self.lost} lost")
        return self.readers[before:]

    def _connect(self, hears: Callable[[int], Hears | None] | None, receive_bytes: int) -> None:
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.connect_ex(("127.0.0.1", self._door.port))
        reader = Reader(self._next_number, connection)
        reader.hears = hears(reader.number) if hears else None
        self._next_number += 1
        self._by_fd[connection.fileno()] = reader
        self._epoll.register(connection.fileno(), select.EPOLLOUT)

    def freeze(self, readers: Sequence[Reader]) -> None:
        """They stay connected and never read again."""
        for reader in readers:
            self._epoll.unregister(reader.socket.fileno())

    def leave(self, readers: Sequence[Reader]) -> None:
        """Cut their connections without a goodbye."""
        gone = set(readers)
        self.readers = [reader for reader in self.readers if reader not in gone]
        for reader in gone:
            self._by_fd.pop(reader.socket.fileno(), None)
            reader.socket.close()  # which also takes it out of the epoll

    # Reading.

    def pump(self, timeout_s: float) -> None:
        """Read what there is, waiting up to `timeout_s` for the first of it."""
        by_fd, view = self._by_fd, self._view
        for fd, happened in self._epoll.poll(timeout_s):
            reader = by_fd[fd]
            if happened & select.EPOLLOUT and not reader.is_open:
                self._knock(fd, reader)
                continue
            try:
                count = reader.recv_into(view)
            except BlockingIOError:
                continue
            except ConnectionError:
                count = 0
            if not count:
                self._forget(fd, reader)
            elif reader.is_open:
                reader.bytes += count
                self.total_bytes += count
                if reader.hears is not None:
                    reader.hears(bytes(view[:count]), time.time())
            else:
                self._answered(reader, bytes(view[:count]))

    def _knock(self, fd: int, reader: Reader) -> None:
        if reader.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._forget(fd, reader)
            return
        reader.socket.send(self._door.knock(reader.number))  # far less than an empty buffer holds
        self._epoll.modify(fd, select.EPOLLIN)

    def _answered(self, reader: Reader, data: bytes) -> None:
        reader.head += data
        head, end, first = reader.head.partition(HEAD_END)
        if not end:
            return
        if not is_accepted(head):
            raise CrowdFailed(f"the server refused: {reader.head[:300].decode(errors='replace')}")
        reader.head, reader.is_open = b"", True
        self.readers.append(reader)
        if self._door.after:
            reader.socket.send(self._door.after)
        if first and reader.hears is not None:
            reader.hears(first, time.time())

    def _forget(self, fd: int, reader: Reader) -> None:
        self._epoll.unregister(fd)
        del self._by_fd[fd]
        if reader.is_open:
            self.readers.remove(reader)
        reader.socket.close()
        self.lost += 1

    # Waiting.

    def spin_for_bytes(self, total_bytes: int, timeout_s: float) -> None:
        """Read until so many bytes have come in all, without ever sleeping: waking a sleeping
        reader would cost the sender, more the slower it is. Raises CrowdFailed."""
        until_s = time.monotonic() + timeout_s
        while self.total_bytes < total_bytes:
            self.pump(0)
            if time.monotonic() > until_s:
                raise CrowdFailed(
                    f"{total_bytes - self.total_bytes} bytes did not come within {timeout_s:.0f} s "
                    f"to {self!r}"
                )

    def wait_until(self, is_done: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Read until `is_done`. Raises CrowdFailed, naming `what` did not happen."""
        until_s = time.monotonic() + timeout_s
        while not is_done():
            self.pump(POLL_S)
            if time.monotonic() > until_s:
                raise CrowdFailed(f"{what}: not within {timeout_s:.0f} s; {self!r}")

    def settle(self, quiet_s: float, timeout_s: float = 30.0) -> None:
        """Read until nothing has come for `quiet_s`. Raises CrowdFailed."""
        until_s = time.monotonic() + timeout_s
        heard_s, total = time.monotonic(), self.total_bytes
        while time.monotonic() - heard_s < quiet_s:
            self.pump(quiet_s)
            if self.total_bytes != total:
                heard_s, total = time.monotonic(), self.total_bytes
            if time.monotonic() > until_s:
                raise CrowdFailed(f"it never was quiet for {quiet_s} s in {timeout_s:.0f} s")
