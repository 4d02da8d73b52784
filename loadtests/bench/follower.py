"""One viewer who reads: which numbered events came, when, and what was said about skipped ones.

Used on a sample of a crowd, because it costs a thousand times what counting does. Pure.
"""

from typing import Any

import msgpack

from loadtests.bench.frames import BINARY, split_frames

CLOSE = 8


class Follower:
    """What one viewer was told since it came, or since `forget`.

    `offsets`: of the numbered events, in the order they came. `latencies_ms`: from the moment the
    room's script stamped an event to the moment its bytes were read.
    """

    def __init__(self) -> None:
        self._rest = b""
        self.recovered: bool | None = None  # what the welcome said
        self.position: tuple[str, int] | None = None  # the welcome's: epoch and offset
        self.offsets: list[int] = []
        self.latencies_ms: list[float] = []
        self.skipped = 0
        self.closed_with: int | None = None

    def __repr__(self) -> str:
        last = self.offsets[-1] if self.offsets else None
        return f"<Follower at {last} recovered={self.recovered}>"

    def hear(self, data: bytes, at_s: float) -> None:
        """Take what was read at `at_s` (Unix time)."""
        frames, self._rest = split_frames(self._rest + data)
        for opcode, payload in frames:
            if opcode == BINARY:
                self._take(msgpack.unpackb(payload), at_s * 1000)
            elif opcode == CLOSE:
                self.closed_with = int.from_bytes(payload[:2], "big")

    def _take(self, message: list[Any], at_ms: float) -> None:
        if message[0] == "welcome":
            _, greeting, room = message
            self.recovered = greeting["recovered"]
            self.position = (room["position"]["epoch"], room["position"]["offset"])
        elif message[0] == "event":
            _, name, offset, sent_ms, body = message
            if name == "skipped":
                self.skipped += body["count"]
            elif offset is not None:
                self.offsets.append(offset)
                self.latencies_ms.append(at_ms - sent_ms)

    def forget(self) -> None:
        """Start counting anew, from here."""
        self.offsets, self.latencies_ms, self.skipped = [], [], 0


def gaps(offsets: list[int], first: int, last: int) -> int:
    """How many of the numbers from `first` to `last` are missing."""
    return len(set(range(first, last + 1)) - set(offsets))


def out_of_order(offsets: list[int]) -> int:
    """How many did not come after all that came before them: duplicates are among them."""
    count, highest = 0, -1
    for offset in offsets:
        count += offset <= highest
        highest = max(highest, offset)
    return count


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 1).__int__() - 1)]
