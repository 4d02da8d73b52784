"""The buyers, as lean as they can be: each buys, waits for the answer, and buys again.

A process of its own (`python -m loadtests.bench_inventory.crowd`), so that its CPU is not the
server's. It reads its errand as JSON from standard input and answers with JSON.
"""

import asyncio
import json
import sys
import time
from functools import partial
from typing import Any, cast

import msgpack
import msgspec
import uvloop

from loadtests.bench.frames import HEAD_END, client_frame, is_accepted, split_frames
from loadtests.bench_inventory.ids import reservation_ids

GIVE_UP_S = 240.0
REPLY, ERROR, WELCOME = b"\xa5reply", b"\xa5error", b"\xa7welcome"


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    port: int
    knocks: list[str]  # the handshake of each buyer
    each: int
    has_welcome: bool  # whether the server says when to begin


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """What the crowd saw. Latencies in milliseconds."""

    replies: int
    errors: int
    lasted_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float  # of the crowd itself, for one purchase
    last_error: str = ""


class Buyer(asyncio.Protocol):
    """One socket. A wish is sent when the last was answered."""

    def __init__(self, crowd: "Crowd", knock: str) -> None:
        self._crowd = crowd
        self._knock = knock
        self._rest = b""
        self._is_open = self._is_done = False
        self._left = crowd.errand.each
        self._asked_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._knock.encode())

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if not self._is_open:
            head, found, rest = self._rest.partition(HEAD_END)
            if not found:
                return
            if not is_accepted(head):
                raise SystemExit(f"refused: {head[:200]!r}")
            self._is_open, self._rest = True, rest
            if not self._crowd.errand.has_welcome:
                self._crowd.arrive()
        frames, self._rest = split_frames(self._rest)
        for frame in frames:
            self._take(frame.payload)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_done:
            self._crowd.fail(f"the server closed a buyer's socket: {exc or 'without an error'}")

    def _take(self, payload: bytes) -> None:
        kind = payload[1:8]
        if kind.startswith((REPLY, ERROR)):
            self._crowd.answered(time.perf_counter() - self._asked_s, payload)
            self.buy()
        elif payload[1:9] == WELCOME:
            self._crowd.arrive()

    def buy(self) -> None:
        if self._left == 0:
            self._is_done = True
            self._crowd.leave()
            return
        self._left -= 1
        self._asked_s = time.perf_counter()
        body = {
            "reservation_id": next(self._crowd.ids),
            "lines": [{"sale_id": "sale", "quantity": 1}],
        }
        self._transport.write(client_frame(msgpack.packb(["reserve", self._left, body])))


class Crowd:
    """All buyers, and what they saw together."""

    def __init__(self, errand: Errand) -> None:
        self.errand = errand
        self.ids = reservation_ids()
        self._latencies_s: list[float] = []
        self._errors = 0
        self._last_error = b""
        self._failure = ""
        self._missing = len(errand.knocks)
        self._buying = len(errand.knocks)
        self._is_here, self._is_done = asyncio.Event(), asyncio.Event()

    def arrive(self) -> None:
        self._missing -= 1
        if self._missing == 0:
            self._is_here.set()

    def leave(self) -> None:
        self._buying -= 1
        if self._buying == 0:
            self._is_done.set()

    def fail(self, why: str) -> None:
        """Nobody waits for answers that cannot come."""
        self._failure = self._failure or why
        self._is_here.set()
        self._is_done.set()

    def answered(self, latency_s: float, payload: bytes) -> None:
        self._latencies_s.append(latency_s)
        if payload[1:7] == ERROR:
            self._errors += 1
            self._last_error = payload

    async def run(self) -> Bought:
        loop, buyers = asyncio.get_running_loop(), []
        for knock in self.errand.knocks:
            _, buyer = await loop.create_connection(
                partial(Buyer, self, knock), "127.0.0.1", self.errand.port
            )
            buyers.append(buyer)
        async with asyncio.timeout(GIVE_UP_S):
            await self._is_here.wait()
            begun_s, cpu_s = time.perf_counter(), time.process_time()
            for buyer in buyers:
                buyer.buy()
            await self._is_done.wait()
        if self._failure:
            raise SystemExit(self._failure)
        return self._bought(time.perf_counter() - begun_s, time.process_time() - cpu_s)

    def _bought(self, lasted_s: float, cpu_s: float) -> Bought:
        found = sorted(self._latencies_s)
        return Bought(
            replies=len(found) - self._errors,
            errors=self._errors,
            lasted_s=lasted_s,
            p50_ms=1e3 * found[len(found) // 2],
            p99_ms=1e3 * found[len(found) * 99 // 100],
            cpu_us=1e6 * cpu_s / len(found),
            last_error=repr(self._last_error[:200]) if self._errors else "",
        )


def main() -> None:
    errand = msgspec.convert(json.load(sys.stdin), Errand)
    bought: Any = uvloop.run(Crowd(errand).run())
    print(json.dumps(msgspec.to_builtins(bought)))


if __name__ == "__main__":
    main()
