"""Kaibo and the peer, each started with the same number of workers, and asked over HTTP.

The peer uses the Redis of a Kaibo server that nobody visits. CPU is that of all of a server's
processes but Redis, which is accounted apart.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import httpx

from loadtests.bench.children import Child, child
from loadtests.bench.machine import cpu_s, resident_bytes
from loadtests.bench_inventory.selling import ROOM_ID, Shop, shop
from loadtests.bench_whole.crowd import talkers_of
from loadtests.bench_whole.dialects import Dialect, KaiboWords, PeerWords
from loadtests.bench_whole.plan import Plan
from loadtests.errors import CommandRefused, LoadError

TIMEOUT_S = 30.0
POLL_S = 0.05
NO_PINGS = ("--ping-interval-s", "86400")  # the crowd's viewers do not speak
REDIS = "redis-server"


class Books(NamedTuple):
    """What a server says of one sale. `orders`: who has which."""

    left: int
    orders: dict[str, str]


class Server(Protocol):
    """What a course needs of a server."""

    pid: int
    port: int

    def words(self) -> Dialect: ...

    def tokens(self, plan: Plan) -> list[str]:
        """The talkers' first."""

    def open_sale(self, sale: str, units: int) -> None: ...

    def books(self, sale: str) -> Books:
        """Once everything is written down."""

    def redis_cpu_s(self) -> float: ...


class KaiboServer:
    def __init__(self, place: Shop) -> None:
        self._place = place
        self.pid, self.port = place.server.pid, place.server.port

    def words(self) -> Dialect:
        return KaiboWords(ROOM_ID)

    def tokens(self, plan: Plan) -> list[str]:
        hosts = [self._place.host_token] * talkers_of(plan)
        return [*hosts, *self._place.tokens(plan.viewers + plan.buyers)]

    def open_sale(self, sale: str, units: int) -> None:
        self._place.open(units, sale, per_buyer_max=1)

    def books(self, sale: str) -> Books:
        self._place.wait_for_sql()
        shown = self._place.ask("GET", f"/sales/{sale}")["sale"]
        orders = self._place.ask("GET", "/orders?all=true")["orders"]
        return Books(
            shown["available"],
            {
                order["reservation_id"]: order["buyer_id"]
                for order in orders
                if order["lines"][0]["sale_id"] == sale
            },
        )

    def redis_cpu_s(self) -> float:
        return self._place.redis_cpu_s()


class PeerServer:
    def __init__(self, place: Shop, peer: Child) -> None:
        self._place = place
        self._url = peer.url
        self.pid, self.port = peer.pid, peer.port

    def wait_until_ready(self) -> None:
        """Its workers listen a moment after it has said where. Raises LoadError."""
        until_s = time.monotonic() + TIMEOUT_S
        while True:
            try:
                self.books("none")
            except httpx.TransportError as error:
                if time.monotonic() > until_s:
                    raise LoadError(f"the peer never answered: {error}") from error
                time.sleep(POLL_S)
            else:
                return

    def words(self) -> Dialect:
        return PeerWords()

    def tokens(self, plan: Plan) -> list[str]:
        return [f"p{number}" for number in range(talkers_of(plan) + plan.viewers + plan.buyers)]

    def open_sale(self, sale: str, units: int) -> None:
        self._ask("PUT", f"/sales/{sale}", {"units": units})

    def books(self, sale: str) -> Books:
        answer = self._ask("GET", f"/sales/{sale}/orders")
        return Books(answer["left"], {each["order_id"]: each["buyer"] for each in answer["orders"]})

    def redis_cpu_s(self) -> float:
        return self._place.redis_cpu_s()

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self._url}{path}"
        answer = httpx.request(method, url, json=body, timeout=TIMEOUT_S, trust_env=False)
        if not answer.is_success:
            raise CommandRefused(f"{method} {path}", answer.text[:200])
        return answer.json()


@contextmanager
def kaibo(plan: Plan) -> Iterator[Server]:
    with shop(_cores(), "--workers", str(plan.workers), *NO_PINGS) as place:
        place.ask("PUT", "", {"title": "Bench", "currency": "EUR"})
        yield KaiboServer(place)


@contextmanager
def peer(plan: Plan) -> Iterator[Server]:
    with shop(_cores()) as place, tempfile.TemporaryDirectory(prefix="kaibo-peer-") as name:
        folder = Path(name)
        command = [sys.executable, "-m", "loadtests.peer", "--redis", place.redis_url]
        command += ["--orders", str(folder / "orders.db"), "--workers", str(plan.workers)]
        with child(command, _cores(), folder / "log") as process:
            server = PeerServer(place, process)
            server.wait_until_ready()
            yield server


SERVERS = {"kaibo": kaibo, "peer": peer}


# Processes.


def _cores() -> Sequence[int]:
    return sorted(os.sched_getaffinity(0))


def family(pid: int) -> list[int]:
    """A process and all that it and its children have started, but Redis."""
    found, waiting = [], [pid]
    while waiting:
        each = waiting.pop()
        try:
            if Path(f"/proc/{each}/comm").read_text().strip() == REDIS:
                continue
            children = Path(f"/proc/{each}/task/{each}/children").read_text()
        except FileNotFoundError:
            continue  # it has just ended
        found.append(each)
        waiting += map(int, children.split())
    return found


def family_cpu_s(pid: int) -> float:
    return sum(cpu_s(each) for each in family(pid))


def workers(pid: int) -> list[int]:
    """The server's processes that hold connections, the one with most of them first."""
    held = {
        each: len(list(Path(f"/proc/{each}/fd").iterdir())) for each in family(pid) if each != pid
    }
    return sorted(held, key=lambda each: -held[each])


def kill_a_worker(pid: int) -> None:
    """The one with most connections, as if it had crashed."""
    os.kill(workers(pid)[0], signal.SIGKILL)


def worker_bytes(pid: int) -> int:
    """What the largest worker has in memory."""
    return max(map(resident_bytes, workers(pid)))
