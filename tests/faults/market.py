"""A room under sale in a live server, and buyers who behave as buyers should: what gets no answer
is asked again with the same id. What was acknowledged is remembered, and proven afterwards.
"""

import asyncio
import contextlib
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple, Self

import httpx
import msgspec
from redis.asyncio import Redis

from inventory.ledger.engine import connect
from inventory.payments.sandbox.books import Books
from inventory.payments.sandbox.deliveries import SIGNATURE_HEADER
from inventory.payments.sandbox.records import (
    CheckoutRecord,
    CheckoutState,
    WebhookBody,
    checkout_id_of,
)
from inventory.payments.signature import sign
from inventory.redis_store.keys import room_key
from server.embedded.redis import attach
from server.settings import Settings
from server.tokens import load_secret, purpose_key
from tests.harness import LiveServer, new_id, one, open_room

PATIENCE_S = 40.0  # in which every command must get an answer, whatever has failed
RETRY_EVERY_S = 0.02
PRICE_CENTS = 1_990  # of `harness.open_room`


class Answer(NamedTuple):
    """HELD, or the code of the refusal; `hold` as it is."""

    code: str
    hold: dict[str, Any]
    replayed: bool = False


class Kept(NamedTuple):
    """What a buyer was told of a reservation, and when."""

    token: str
    state: str
    told_at_s: float


class Market:
    """Use as a context."""

    def __init__(self, server: LiveServer, room: str) -> None:
        self.server = server
        self.room = room
        self.host = server.token(room, "host")
        self.kept: dict[str, Kept] = {}  # reservation id -> what was acknowledged last
        self._secret = purpose_key(load_secret(Settings(data_dir=str(server.data_dir))), "sandbox")
        self._engine = connect(f"sqlite:///{server.data_dir / 'kaibo.db'}")
        limits = httpx.Limits(max_keepalive_connections=0)  # a dead server's sockets are not kept
        self._http = httpx.AsyncClient(timeout=15, trust_env=False, limits=limits)

    @classmethod
    async def open(
        cls, server: LiveServer, units: int, *, per_buyer_max: int = 1, duration_s: int = 300
    ) -> Self:
        """A room whose sale has just begun."""
        room = await open_room(server, units=units, per_buyer_max=per_buyer_max, start=False)
        market = cls(server, room)
        body = {"countdown_s": 0, "duration_s": duration_s}
        answer = await market.call(market.host, "POST", "/sales/flash/start", body)
        assert answer.is_success, answer.text
        return market

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        self._engine.dispose()

    def buyer(self) -> str:
        """A new buyer's token."""
        return self.server.token(self.room)

    async def once(self, token: str, method: str, path: str, body: object = None) -> httpx.Response:
        """One attempt. Raises httpx.TransportError when there is no answer."""
        url = f"{self.server.url}/v1/rooms/{self.room}{path}"
        auth = {"Authorization": f"Bearer {token}"}
        return await self._http.request(method, url, json=body, headers=auth)

    async def call(self, token: str, method: str, path: str, body: object = None) -> httpx.Response:
        """An answer that says something: who gets none, or is told to retry, asks again."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    answer = await self.once(token, method, path, body)
                    if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                        return answer
                await asyncio.sleep(RETRY_EVERY_S)

    async def reserve(self, token: str, reservation_id: str | None = None) -> Answer:
        return self.noted(token, await self.call(token, *reservation(reservation_id or new_id())))

    def noted(self, token: str, answer: httpx.Response) -> Answer:
        """Remembers what a reservation was answered."""
        told = answer.json()
        if not answer.is_success:
            return Answer(told["code"], {})
        hold = told["hold"]
        self.kept[hold["reservation_id"]] = Kept(token, hold["state"], time.monotonic())
        return Answer("HELD", hold, told["replayed"])

    async def cancel(self, token: str, reservation_id: str) -> None:
        answer = await self.call(token, "POST", f"/reservations/{reservation_id}/cancel")
        if answer.is_success:
            self.kept[reservation_id] = Kept(token, "cancelled", time.monotonic())

    async def report(self, reservation_id: str, payment_id: str) -> None:
        """The provider's webhook of a payment, sent until it is taken."""
        await asyncio.to_thread(self.charge, reservation_id, payment_id)
        async with asyncio.timeout(PATIENCE_S):
            while not await self.takes_report(reservation_id, payment_id):
                await asyncio.sleep(RETRY_EVERY_S)

    def charge(self, reservation_id: str, payment_id: str) -> None:
        """Writes a payment into the provider's own books, so that it can be paid back. There it is
        one for a hold of its own: our sandbox would not take two payments for one."""
        now_ms = time.time_ns() // 1_000_000
        record = CheckoutRecord(
            checkout_id=checkout_id_of(payment_id),
            room_id=self.room,
            hold_id=payment_id,
            buyer_id="somebody",
            amount_cents=PRICE_CENTS,
            currency="CNY",
            description=reservation_id,
            return_url=self.server.url,
            state=CheckoutState.PAID,
            created_at_ms=now_ms,
            finished_at_ms=now_ms,
        )
        Books(self._engine).open([record])

    async def takes_report(self, reservation_id: str, payment_id: str) -> bool:
        """Whether one attempt to deliver the webhook succeeds."""
        body = WebhookBody(
            event_id=f"evt_{payment_id}",
            kind="paid",
            payment_id=payment_id,
            checkout_id="co_test",
            room_id=self.room,
            hold_id=reservation_id,
            amount_cents=PRICE_CENTS,
            currency="CNY",
            created_at_ms=time.time_ns() // 1_000_000,
        )
        content = msgspec.json.encode(body)
        signed = {SIGNATURE_HEADER: sign(self._secret, content, time.time_ns() // 1_000_000)}
        url = f"{self.server.url}/v1/webhooks/sandbox"
        try:
            answer = await self._http.post(url, content=content, headers=signed)
        except httpx.TransportError:
            return False
        assert answer.status_code in (200, 503), answer.text
        return answer.is_success

    async def state(self, token: str, reservation_id: str) -> str:
        """What became of a reservation that was acknowledged, by asking for it again."""
        again = await self.reserve(token, reservation_id)
        assert (again.code, again.replayed) == ("HELD", True), again
        return str(again.hold["state"])

    async def stock(self) -> tuple[int, int, int]:
        """available, held, sold."""
        sale = (await self.call(self.host, "GET", "/sales/flash")).json()["sale"]
        return sale["available"], sale["held"], sale["sold"]

    @contextlib.asynccontextmanager
    async def redis(self) -> AsyncIterator[Redis]:
        """The server's private Redis, past the server."""
        url = await attach(self.server.data_dir)
        assert url, "no redis-server runs"
        async with Redis.from_url(url, socket_timeout=5) as redis:
            yield redis

    async def pass_time(self, by_ms: int) -> None:
        """Moves the room's clock ahead of the machine's, which never takes it back."""
        key = room_key(self.room, "clock")
        async with self.redis() as redis:
            seconds, micros = await redis.time()
            highest_ms = int(await redis.get(key) or 0)
            await redis.set(key, max(seconds * 1_000 + micros // 1_000, highest_ms) + by_ms)

    async def audit(self) -> None:
        """`kaibo audit` finds no difference in the room."""
        audit = await asyncio.to_thread(self.server.kaibo, "audit", "--room", self.room)
        assert audit.returncode == 0, audit.stdout + audit.stderr

    async def trade(self, buyers: int, is_over: Callable[[], bool], seed: int = 1) -> None:
        """So many buyers reserve, pay, cancel and change their minds until it is over."""
        dice = random.Random(seed)
        await asyncio.gather(
            *(self._trade(random.Random(dice.random()), is_over) for _ in range(buyers))
        )

    async def _trade(self, dice: random.Random, is_over: Callable[[], bool]) -> None:
        token = self.buyer()
        while not is_over():
            mine = new_id()
            if (await self.reserve(token, mine)).code == "HELD":
                await self._go_on(token, mine, dice.random())
            await asyncio.sleep(0)

    async def _go_on(self, token: str, mine: str, luck: float) -> None:
        if luck < 0.3:
            await self.report(mine, f"pay_{secrets.token_hex(8)}")
        elif luck < 0.9:
            await self.cancel(token, mine)

    async def lost(self) -> list[Kept]:
        """Acknowledgements that are not true any more: unknown ids, and states that went back."""
        forgotten = []
        for reservation_id, kept in list(self.kept.items()):
            again = await self.reserve(kept.token, reservation_id)
            is_known = again.code == "HELD" and again.replayed
            if not is_known or (kept.state == "cancelled" and again.hold["state"] == "held"):
                forgotten.append(kept)
        return forgotten

    async def is_whole(self) -> None:
        """Every acknowledgement is still true, and the audit finds no difference."""
        assert await self.lost() == []
        await self.audit()


def reservation(reservation_id: str) -> tuple[str, str, object]:
    """Method, path and body that reserve one unit."""
    return "POST", "/reservations", {"reservation_id": reservation_id, "lines": one("flash")}


def redis_pid(server: LiveServer) -> int:
    """The private redis-server of a live server."""
    return int((server.data_dir / "redis" / "redis-server.pid").read_text().split()[0])
