"""Whole purchases over WebSockets: from the buyer's frame to the answer, and into SQL.

Every server has both cores, with the crowd and Redis beside it, as on a small machine. CPU is
accounted to each process; Kaibo's own is taken until the last purchase is in SQL and told to its
room, which the others do not do.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgpack
import msgspec
from redis import Redis
from websockets.sync.client import connect

from loadtests.bench.children import Child, child
from loadtests.bench.frames import handshake
from loadtests.bench.machine import cpu_s
from loadtests.bench_inventory.crowd import Bought, Errand
from loadtests.bench_inventory.ids import reservation_ids
from loadtests.bench_inventory.plan import Plan
from loadtests.bench_inventory.scalar import SCALAR_KEYS, SCALAR_LUA
from loadtests.errors import CommandRefused, LoadError
from loadtests.own_server import Kaibo, wait_until_ready
from loadtests.progress import say

ROOM_ID = "bench"
LIVE_PATH = f"/v1/rooms/{ROOM_ID}/live"
SUBPROTOCOL = "kaibo.v1.msgpack"
OUTBOX = f"kaibo:{{{ROOM_ID}}}:outbox"
PEERS = "loadtests.bench_inventory.peers"
DRAIN_TIMEOUT_S = 120.0
TIMEOUT_S = 30.0
LIMITS = ("--connections-per-address-max", "100000", "--connections-per-user-max", "100")


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """One server's run. Microseconds are CPU for one purchase."""

    subject: str
    purchases: int
    per_s: float  # until the last answer
    per_s_in_sql: float  # until the last one is in SQL too, where there is SQL
    p50_ms: float
    p99_ms: float
    server_us: float
    redis_us: float
    crowd_us: float


class Alone(msgspec.Struct, frozen=True, kw_only=True):
    """One purchase at a time, on a server that has nothing else to do."""

    purchase_p99_ms: float
    evalsha_p99_ms: float
    purchase_p50_ms: float
    evalsha_p50_ms: float


class Shop:
    """A Kaibo server with one sale that is open."""

    def __init__(self, server: Child, kaibo: Kaibo, data: Path) -> None:
        self.server = server
        self.redis_url = f"unix://{data}/redis/redis.sock"
        self.redis: Redis = Redis.from_url(self.redis_url)
        self.host_token = kaibo.host_token(ROOM_ID)
        self._host = {"Authorization": f"Bearer {self.host_token}"}

    def open(self, units: int, sale_id: str = "sale", per_buyer_max: int = 99) -> None:
        sale = {"product_id": "p", "price_cents": 100, "total_units": units}
        terms = {"per_buyer_max": per_buyer_max, "hold_duration_s": 600}
        for method, path, body in (
            ("PUT", "", {"title": "Bench", "currency": "EUR"}),
            ("PUT", "/products/p", {"title": "p", "list_price_cents": 100}),
            ("PUT", f"/sales/{sale_id}", sale | terms),
            ("POST", f"/sales/{sale_id}/start", {"countdown_s": 0, "duration_s": 3_600}),
        ):
            self.ask(method, path, body)

    def tokens(self, count: int) -> list[str]:
        """For so many guests."""
        names = (f"b{number}" for number in range(count))
        return [self.ask("POST", "/tokens", {"name": name}, {})["token"] for name in names]

    def redis_cpu_s(self) -> float:
        info: Any = self.redis.info("cpu")
        return float(info["used_cpu_user"] + info["used_cpu_sys"])

    def wait_for_sql(self) -> None:
        """Until the outbox is trimmed: both its readers have everything."""
        until_s = time.monotonic() + DRAIN_TIMEOUT_S
        while self.redis.xlen(OUTBOX):
            if time.monotonic() > until_s:
                raise LoadError(f"the ledger did not come after in {DRAIN_TIMEOUT_S:.0f} s")
            time.sleep(0.02)

    def ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """As the host, or with other headers."""
        headers = self._host if headers is None else headers
        url = f"{self.server.url}/v1/rooms/{ROOM_ID}{path}"
        answer = httpx.request(
            method, url, json=body, headers=headers, timeout=TIMEOUT_S, trust_env=False
        )
        if not answer.is_success:
            raise CommandRefused(f"{method} {path}", answer.text[:200])
        return answer.json()


@contextmanager
def shop(cores: Sequence[int], *flags: str) -> Iterator[Shop]:
    """A fresh server on a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kaibo-bench-") as name:
        data = Path(name) / "data"
        kaibo = Kaibo(data)
        command = kaibo.arguments("serve", "--port", "0", *LIMITS, *flags)
        with child(command, cores, Path(name) / "log") as server:
            wait_until_ready(server.url, server.log_path)
            yield Shop(server, kaibo, data)


def sell(subject: str, plan: Plan, cores: Sequence[int], *flags: str, units: int = 0) -> Sold:
    """All buyers at once, on a fresh server; with `units`, of a sale that is nearly sold out."""
    with shop(cores, *flags) as place:
        place.open(units or plan.buyers * plan.purchases_each)
        knocks = [_knock(token) for token in place.tokens(plan.buyers)]
        place.wait_for_sql()
        before = (cpu_s(place.server.pid), place.redis_cpu_s(), time.perf_counter())
        bought = _send(
            Errand(
                port=place.server.port, knocks=knocks, each=plan.purchases_each, has_welcome=True
            )
        )
        place.wait_for_sql()
        sql_s = time.perf_counter() - before[2]
        server_s, redis_s = cpu_s(place.server.pid) - before[0], place.redis_cpu_s() - before[1]
    if bool(bought.errors) is not bool(units):
        raise LoadError(f"{bought.errors} purchases were refused: {bought.last_error}")
    return _sold(subject, bought, server_s, redis_s, max(sql_s, bought.lasted_s))


def sell_beside(subject: str, plan: Plan, cores: Sequence[int]) -> Sold:
    """The same crowd against a peer: `tutorial`, or `floor`, which sells nothing."""
    with shop(cores) as place, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", f"{PEERS}.{subject}"]
        command += ["--redis", place.redis_url] if subject == "tutorial" else []
        with child(command, cores, Path(folder) / "log") as peer:
            knocks = [handshake("/", {})] * plan.buyers
            before = (cpu_s(peer.pid), place.redis_cpu_s())
            bought = _send(
                Errand(
                    port=peer.port,
                    knocks=[knock.decode() for knock in knocks],
                    each=plan.purchases_each,
                    has_welcome=False,
                )
            )
            server_s, redis_s = cpu_s(peer.pid) - before[0], place.redis_cpu_s() - before[1]
    if bought.errors:
        raise LoadError(f"{bought.errors} purchases were refused: {bought.last_error}")
    return _sold(subject, bought, server_s, redis_s, bought.lasted_s)


def alone(plan: Plan, cores: Sequence[int]) -> Alone:
    with shop(cores) as place:
        place.open(plan.alone)
        purchases = list(_purchases_ms(place, plan.alone))
        calls = list(_calls_ms(place, plan.alone))
    return Alone(
        purchase_p99_ms=_p99(purchases),
        evalsha_p99_ms=_p99(calls),
        purchase_p50_ms=statistics.median(purchases),
        evalsha_p50_ms=statistics.median(calls),
    )


def _purchases_ms(place: Shop, count: int) -> Iterator[float]:
    url = place.server.url.replace("http", "ws", 1) + LIVE_PATH
    ids, tokens = reservation_ids(), place.tokens(-(-count // 50))
    for start, token in zip(range(0, count, 50), tokens, strict=True):
        headers = {"Authorization": f"Bearer {token}"}
        with connect(url, subprotocols=[SUBPROTOCOL], additional_headers=headers, proxy=None) as ws:  # type: ignore[list-item]
            for number in range(start, min(start + 50, count)):
                lines = [{"sale_id": "sale", "quantity": 1}]
                body = {"reservation_id": next(ids), "lines": lines}
                time.sleep(0.01)  # it is idle in between
                begun_s = time.perf_counter()
                ws.send(msgpack.packb(["reserve", number, body]))
                while msgpack.unpackb(ws.recv())[0] != "reply":
                    pass
                yield 1e3 * (time.perf_counter() - begun_s)


def _calls_ms(place: Shop, count: int) -> Iterator[float]:
    keys = [f"alone:{{room}}:{name}" for name in SCALAR_KEYS]
    place.redis.hset(keys[0], "sale", count)
    sha1, ids = str(place.redis.script_load(SCALAR_LUA)), reservation_ids()
    for number in range(count):
        time.sleep(0.01)
        begun_s = time.perf_counter()
        place.redis.evalsha(sha1, len(keys), *keys, next(ids), f"b{number}", "sale", "1", "5", "1")
        yield 1e3 * (time.perf_counter() - begun_s)


def _knock(token: str) -> str:
    headers = {"Sec-WebSocket-Protocol": SUBPROTOCOL, "Authorization": f"Bearer {token}"}
    return handshake(LIVE_PATH, headers).decode()


def _send(errand: Errand) -> Bought:
    """The crowd goes, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.bench_inventory.crowd"],
        input=json.dumps(msgspec.to_builtins(errand)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LoadError(f"the crowd failed: {done.stderr[-500:]}")
    return msgspec.convert(json.loads(done.stdout), Bought)


def _sold(subject: str, bought: Bought, server_s: float, redis_s: float, sql_s: float) -> Sold:
    count = bought.replies + bought.errors
    found = Sold(
        subject=subject,
        purchases=count,
        per_s=count / bought.lasted_s,
        per_s_in_sql=count / sql_s,
        p50_ms=bought.p50_ms,
        p99_ms=bought.p99_ms,
        server_us=1e6 * server_s / count,
        redis_us=1e6 * redis_s / count,
        crowd_us=bought.cpu_us,
    )
    say(f"{subject}: {found.per_s:,.0f}/s, server {found.server_us:.0f} us")
    return found


def _p99(found: Sequence[float]) -> float:
    return sorted(found)[len(found) * 99 // 100]
