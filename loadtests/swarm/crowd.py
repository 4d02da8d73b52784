"""The readers of one process: as many as the shape says; lost ones come back as the protocol asks.

`python -m loadtests.swarm` reads its Orders, runs until it is told to Finish, and accounts for
every second. No task per reader: a loop wakes twenty times a second and sees who is due.
"""

import asyncio
import contextlib
import heapq
import itertools
import random
import re
import ssl
import time
from collections import Counter, defaultdict
from urllib.parse import urlsplit

from loadtests.bench.frames import handshake
from loadtests.result import SwarmResult
from loadtests.swarm.blob import Blob, Library
from loadtests.swarm.plan import Account, Finish, Orders
from loadtests.swarm.reader import Reader
from loadtests.swarm.standing import Standing
from loadtests.timeline import rounded_ms

SUBPROTOCOL = "kaibo.v1.msgpack"
TURN_S = 0.05
CONNECTING_MAX = 200  # sockets on their way at once
BACKOFF_S, BACKOFF_S_MAX = 0.5, 15.0
FINISH_TIMEOUT_S = 20.0
_RETRY_AFTER = re.compile(r"retry_after_ms=(\d+)")
FINAL_CODES_MIN = 4500  # whoever is closed with one of these does not come back


class Crowd:
    """One process's readers."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.library = Library()
        self.clock_offset_ms = orders.clock_offset_ms
        self._standings: list[Standing] = []
        self._open: dict[int, Reader] = {}
        self._sockets: dict[int, Reader] = {}
        self._due: list[tuple[float, int]] = []  # when a lost reader comes back
        self._tries: Counter[int] = Counter()
        self._stays: set[int] = set()  # those that shall be there
        self._connecting: set[asyncio.Task[None]] = set()
        self._times: defaultdict[int, defaultdict[str, Counter[int]]] = _seconds()
        self._errors: Counter[tuple[int, str, str]] = Counter()
        self._dropped: set[int] = set()  # lost after they had been welcomed
        self._viewers_max = self._reconnects = self._recovered = self._restarted = 0
        self._cuts = sorted(orders.cuts)
        self._address = urlsplit(orders.url)
        self._tls = ssl.create_default_context() if self._address.scheme == "https" else None

    def __repr__(self) -> str:
        return f"<Crowd {len(self._open)} of {len(self._stays)}>"

    @property
    def t_s(self) -> float:
        return time.time() - self.orders.begun_at_ms / 1000

    # What readers call.

    def count(self, blob: Blob, now_ms: int, not_before_ms: int) -> None:
        """What one reader heard, apart from what it had missed."""
        server_now_ms = now_ms + self.clock_offset_ms
        row = self._times[self._second(now_ms)]["publish_to_receive"]
        for event in blob.events:
            if event.name != "skipped" and event.at_ms >= not_before_ms:
                row[rounded_ms(server_now_ms - event.at_ms)] += 1

    def put_away(self, blobs: list[Blob]) -> None:
        """What all who were in step heard, added up."""
        for blob in blobs:
            for now_ms, readers in blob.heard.items():
                row = self._times[self._second(now_ms)]["publish_to_receive"]
                for event in blob.events:
                    row[rounded_ms(now_ms + self.clock_offset_ms - event.at_ms)] += readers
            blob.heard = {}

    def welcomed(self, reader: Reader) -> None:
        number = reader.number
        if number not in self._stays:
            reader.transport.abort()
            return
        self._open[number] = reader
        self._viewers_max = max(self._viewers_max, len(self._open))
        self._tries[number] = 0
        taken_ms = (time.monotonic() - reader.began_s) * 1000
        self._times[self._second()]["join"][rounded_ms(taken_ms)] += 1
        if number in self._dropped:
            self._dropped.discard(number)
            self._reconnects += 1
            self._recovered += reader.recovered
            self._restarted += not reader.recovered

    def lost(self, reader: Reader, code: str) -> None:
        number = reader.number
        if self._sockets.get(number) is reader:
            del self._sockets[number]
            self._open.pop(number, None)
        if number not in self._stays:
            return
        if reader.is_open:
            self._dropped.add(number)
        self._fail("connection" if reader.is_open else "join", code)
        if (reader.closed_with or 0) < FINAL_CODES_MIN:
            self._come_back(number, reader.close_reason)

    # Coming and going.

    def _come_back(self, number: int, reason: str = "") -> None:
        """After what the server asked for, or after full-jitter backoff."""
        told = _RETRY_AFTER.search(reason)
        ceiling_s = min(BACKOFF_S_MAX, BACKOFF_S * 2 ** self._tries[number])
        wait_s = int(told[1]) / 1000 if told else random.uniform(0, ceiling_s)
        self._tries[number] += 1
        heapq.heappush(self._due, (time.monotonic() + wait_s, number))

    async def run(self, stopping: asyncio.Event) -> None:
        """Follow the shape until told to stop."""
        while not stopping.is_set():
            self._follow_shape()
            self._cut()
            self._connect_due()
            await asyncio.sleep(TURN_S)

    def _follow_shape(self) -> None:
        passed = [count for at_s, count in self.orders.steps if at_s <= self.t_s]
        wanted = passed[-1] if passed else 0
        for number in range(len(self._stays), wanted):
            if number == len(self._standings):
                self._standings.append(Standing())
            self._stays.add(number)
            heapq.heappush(self._due, (time.monotonic(), number))
        for number in range(wanted, len(self._stays)):
            self._stays.discard(number)
            self._leave(number)

    def _leave(self, number: int) -> None:
        """On purpose: what comes while it is away was not promised to it."""
        reader = self._sockets.get(number)
        if reader is not None and reader.transport is not None:  # else it goes when it has come
            reader.transport.abort()
        self._standings[number].epoch = ""

    def _cut(self) -> None:
        while self._cuts and self._cuts[0][0] <= self.t_s:
            _, share = self._cuts.pop(0)
            for reader in itertools.islice(list(self._open.values()), int(len(self._open) * share)):
                reader.transport.abort()

    def _connect_due(self) -> None:
        now_s = time.monotonic()
        arriving = len(self._sockets) - len(self._open) + len(self._connecting)
        while self._due and self._due[0][0] <= now_s and arriving < CONNECTING_MAX:
            _, number = heapq.heappop(self._due)
            if number in self._stays and number not in self._sockets:
                task = asyncio.create_task(self._connect(number))
                self._connecting.add(task)
                task.add_done_callback(self._connecting.discard)
                arriving += 1

    async def _connect(self, number: int) -> None:
        reader = Reader(self, number, self._standings[number], self._knock(number))
        self._sockets[number] = reader
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: reader, self._address.hostname or "", self._port, ssl=self._tls
            )
        except OSError as error:
            self.lost(reader, type(error).__name__)

    @property
    def _port(self) -> int:
        return self._address.port or (443 if self._tls else 80)

    def _knock(self, number: int) -> bytes:
        tokens = self.orders.tokens
        since = self._standings[number].since
        query = f"?since={since}" if since else ""
        headers = {
            "Host": self._address.netloc,
            "Sec-WebSocket-Protocol": SUBPROTOCOL,
            "Authorization": f"Bearer {tokens[number % len(tokens)]}",
        }
        return handshake(f"/v1/rooms/{self.orders.room_id}/live{query}", headers)

    # Accounting.

    def account(self) -> Account:
        """What happened since the last one."""
        self.put_away(self.library.drain())
        times, self._times = self._times, _seconds()
        errors, self._errors = self._errors, Counter()
        return Account(
            t_s=self.t_s,
            viewers=len(self._open),
            times={second: dict(events) for second, events in times.items()},
            errors=[(*key, count) for key, count in errors.items()],
        )

    async def finish(self, finish: Finish) -> Account:
        """Wait until everybody has heard the end or has had its time; then what was missed."""
        until_s = time.monotonic() + FINISH_TIMEOUT_S
        while self._waiting(finish) and time.monotonic() < until_s:
            self._connect_due()
            await asyncio.sleep(TURN_S)
        lagging, stale = self._waiting(finish), self._stale(finish)
        present = [self._standings[number] for number in self._stays]
        for standing in present:
            standing.finish(finish.epoch, finish.offset)
        last = self.account()
        return Account(
            t_s=last.t_s,
            viewers=last.viewers,
            times=last.times,
            errors=last.errors,
            final=True,
            total=self._total(),
            lagging=lagging,
            stale=stale,
        )

    def _waiting(self, finish: Finish) -> int:
        """How many of those that shall be there have not heard the end yet."""
        there = (self._standings[number] for number in self._stays)
        return sum(
            standing.epoch != finish.epoch or standing.offset < finish.offset for standing in there
        )

    def _stale(self, finish: Finish) -> int:
        """How many show another stock than the last one."""
        there = (self._standings[number] for number in self._open)
        return sum(
            any(standing.stocks.get(sale, 0) < version for sale, version in finish.stocks.items())
            for standing in there
        )

    def _total(self) -> SwarmResult:
        def added(name: str) -> int:
            return sum(getattr(standing, name) for standing in self._standings)

        return SwarmResult(
            processes=1,
            viewers_max=self._viewers_max,
            promised=added("promised"),
            received=added("received"),
            gaps=added("gaps"),
            duplicates=added("duplicates"),
            skip_notices=added("notices"),
            skipped=added("skipped"),
            reconnects=self._reconnects,
            recovered=self._recovered,
            restarted=self._restarted,
            cpu_s=round(time.process_time(), 2),
        )

    async def close(self) -> None:
        self._stays.clear()
        for task in list(self._connecting):
            task.cancel()
        for reader in list(self._sockets.values()):
            if reader.transport is not None:
                reader.transport.abort()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                while self._sockets:
                    await asyncio.sleep(TURN_S)

    def _fail(self, event: str, code: str) -> None:
        self._errors[self._second(), event, code] += 1

    def _second(self, now_ms: int | None = None) -> int:
        now_ms = int(time.time() * 1000) if now_ms is None else now_ms
        return max(0, (now_ms - self.orders.begun_at_ms) // 1000)


def _seconds() -> defaultdict[int, defaultdict[str, Counter[int]]]:
    return defaultdict(lambda: defaultdict(Counter))
