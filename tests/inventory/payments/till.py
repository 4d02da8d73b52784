"""A whole till: Redis, SQL, the sandbox, and webhooks that travel over a socket to the settler.

Its clock is the shop's, so that hours pass when a test says so.
"""

import asyncio

import httpx
import msgspec
from sqlalchemy import Engine

from inventory.ledger.ledger import Ledger
from inventory.ledger.payments import PaymentBook
from inventory.ledger.refunds import Refund, RefundBook
from inventory.ledger.writer import LedgerWriter
from inventory.payments.host_refunds import HostRefunds
from inventory.payments.port import Checkout, Provider, new_checkout_id
from inventory.payments.refunds import Refunder
from inventory.payments.sandbox.faults import Faults
from inventory.payments.sandbox.provider import SandboxProvider
from inventory.payments.sandbox.records import WebhookBody
from inventory.payments.settle import Settler
from tests.inventory.payments.receiver import Receiver
from tests.inventory.shop import PRICE_CENTS, Shop

STEP_MS = 500
STEPS_MAX = 3_000


class Till(Receiver):
    """Takes webhooks as the server does: verified, settled, then answered."""

    def __init__(self, shop: Shop, engine: Engine, writer: LedgerWriter) -> None:
        super().__init__()
        self.shop = shop
        self.engine = engine
        self.writer = writer
        self.book = PaymentBook(engine)
        self.refunds = RefundBook(engine)
        ledger, clock = Ledger(engine), self.now_ms
        self.settler = Settler(shop.store, self.book, self.refunds, ledger, clock)
        self.host_refunds = HostRefunds(shop.store, ledger, self.book, self.refunds, clock)
        self.sandbox: SandboxProvider
        self._loop = asyncio.get_running_loop()

    def now_ms(self) -> int:
        return self.shop.now_ms

    def open(self) -> None:
        """Once its address is known."""
        self.sandbox = SandboxProvider(
            self.engine, "http://shop.test", self.url, b"w" * 32, self.now_ms
        )
        self.refunder = self.refunder_of(self.sandbox)

    def refunder_of(self, provider: Provider) -> Refunder:
        parts = (self.refunds, self.book, self.host_refunds, self.now_ms)
        return Refunder(provider, self.shop.store, *parts)

    def take(self, headers: dict[str, str], body: bytes) -> int:
        event = self.sandbox.verify(headers, body, self.now_ms())
        settling = self.settler.settle("sandbox", event)
        asyncio.run_coroutine_threadsafe(settling, self._loop).result(20)
        return super().take(headers, body)

    async def press_pay(
        self, hold_id: str, faults: Faults, amount_cents: int = PRICE_CENTS, currency: str = "CNY"
    ) -> str:
        """Pays at the sandbox; returns the payment's id."""
        hold = await self.shop.store.hold(self.shop.room_id, hold_id)
        checkout = Checkout(
            checkout_id=new_checkout_id(),
            room_id=self.shop.room_id,
            hold_id=hold_id,
            buyer_id="ann",
            amount_cents=amount_cents,
            currency=currency,
            description="Tea",
            return_url="http://shop.test/r/tea",
            deadline_ms=hold.deadline_ms if hold else None,
        )
        url = await self.sandbox.start(checkout)
        record = await self.sandbox.pay(url.rpartition("/")[2], faults)
        assert record is not None
        return record.payment_id

    async def until_quiet(self) -> int:
        """Lets time pass until nothing is left to deliver or to pay back; how many ms that took."""
        began_ms = self.shop.now_ms
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(STEPS_MAX):
                await self.shop.store.expire_due(self.shop.room_id)
                await self.sandbox.deliveries.deliver_due(client)
                await self.settler.settle_pending()
                await self.refunder.step()
                await self.writer.drain(self.shop.room_id)
                if self._is_quiet():
                    return self.shop.now_ms - began_ms
                await self.shop.advance(STEP_MS)
        raise AssertionError("it never became quiet")

    def _is_quiet(self) -> bool:
        waiting = self.sandbox.deliveries.backlog()["queued"]
        return not waiting and not self.refunds.count_waiting(self.shop.room_id)

    def told(self) -> list[str]:
        """The kinds of the webhooks that arrived, in order."""
        return [msgspec.json.decode(body, type=WebhookBody).kind for _, body in self.received]

    def outcome(self, payment_id: str) -> str | None:
        payment = self.book.payment("sandbox", payment_id)
        assert payment is not None, "not even recorded"
        return payment.outcome

    def refund(self) -> Refund:
        """The room's only refund."""
        [refund] = self.refunds.of_room(self.shop.room_id)
        return refund
