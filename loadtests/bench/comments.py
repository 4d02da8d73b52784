"""Real comments at a steady rate: hosts on the office's sockets, commands through the real script.

Several connections share the work, as the server limits what one may send.
"""

import time
from contextlib import suppress

import msgpack

from loadtests.bench.crowd import Crowd, Door, Reader
from loadtests.bench.frames import BINARY, client_frame, split_frames
from loadtests.bench.stage import Stage, knock_with
from loadtests.errors import CommandRefused

PER_HOST_PER_S = 10
TEXT = "how long does one tin of this last, and does it come in the larger size too?"


class Comments:
    """`per_s` comments a second, as long as `send_due` is called often. Replies are read, and a
    refusal raises CommandRefused: the figures would be of fewer comments than they say."""

    def __init__(self, stage: Stage, per_s: int) -> None:
        self._per_s = per_s
        knock = knock_with(stage.host_token)
        self._hosts = Crowd(Door(stage.office.port, lambda _: knock))
        self._rests: dict[int, bytes] = {}
        self._begun_s = 0.0
        self.sent = self.answered = 0
        self.last_offset = 0  # of our comments that came back

    def open(self) -> None:
        count = -(-self._per_s // PER_HOST_PER_S)
        self._hosts.arrive(count, hears=lambda number: lambda data, _: self._hear(number, data))

    def close(self) -> None:
        self._hosts.close()

    def start(self) -> None:
        """From here on, so many are due every second."""
        self._begun_s = time.monotonic()
        self.sent = self.answered = 0

    def send_due(self) -> float:
        """Send what is due by now; returns the seconds until the next one is."""
        self._hosts.pump(0)
        elapsed_s = time.monotonic() - self._begun_s
        while self.sent < elapsed_s * self._per_s:
            self._send(self._hosts.readers[self.sent % len(self._hosts)])
        return max(0.0, self.sent / self._per_s - elapsed_s)

    def _send(self, host: Reader) -> None:
        self.sent += 1
        body = {"text": f"{TEXT} {self.sent:06}"}
        host.socket.send(client_frame(msgpack.packb(["comment", self.sent, body])))

    def _hear(self, number: int, data: bytes) -> None:
        frames, self._rests[number] = split_frames(self._rests.get(number, b"") + data)
        for opcode, payload in frames:
            if opcode != BINARY:
                continue
            kind, *rest = msgpack.unpackb(payload)
            if kind == "reply":
                self.answered += 1
            elif kind == "error":
                raise CommandRefused("take a comment", str(rest[1]))
            elif kind == "event" and rest[1] is not None:
                self.last_offset = max(self.last_offset, rest[1])

    def finish(self, crowd: Crowd, timeout_s: float) -> None:
        """Read, here and in `crowd`, until every comment is answered. Raises CrowdFailed."""

        def all_answered() -> bool:
            self._hosts.pump(0)
            return self.answered >= self.sent

        with suppress(IndexError):
            crowd.wait_until(all_answered, timeout_s, "every comment was answered")
