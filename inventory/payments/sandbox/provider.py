"""The sandbox provider: what a buyer's browser and Kaibo see of it.

`start` and `verify` are the port. `pay` and `decline` are what the buttons on the provider's own
page do; the page itself is drawn by `server/http/sandbox_pages.py`.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

import msgspec
from sqlalchemy import Engine

from inventory.payments.port import BadEvent, Checkout, PaymentEvent
from inventory.payments.sandbox.books import Books, CheckoutRecord, CheckoutState, WebhookBody
from inventory.payments.sandbox.deliveries import SIGNATURE_HEADER, Deliveries
from inventory.payments.signature import check


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class SandboxProvider:
    """A provider whose pages live under `base_url` and whose webhooks go to `webhook_url`."""

    name = "sandbox"

    def __init__(
        self,
        engine: Engine,
        base_url: str,
        webhook_url: str,
        secret: bytes,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._books = Books(engine)
        self._base_url = base_url.rstrip("/")
        self._secret = secret
        self.now_ms = now_ms
        self.deliveries = Deliveries(engine, webhook_url, secret, now_ms)

    async def start(self, checkout: Checkout) -> str:
        record = await asyncio.to_thread(self._books.open, checkout, self.now_ms())
        return f"{self._base_url}/sandbox/pay/{record.checkout_id}"

    def verify(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> PaymentEvent:
        check(self._secret, headers.get(SIGNATURE_HEADER), body, now_ms)
        try:
            told = msgspec.json.decode(body, type=WebhookBody)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadEvent(f"a sandbox event cannot be read: {error}") from error
        return PaymentEvent(
            kind=told.kind,
            payment_id=told.payment_id,
            room_id=told.room_id,
            hold_id=told.hold_id,
            amount_cents=told.amount_cents,
        )

    async def checkout(self, checkout_id: str) -> CheckoutRecord | None:
        return await asyncio.to_thread(self._books.checkout, checkout_id)

    async def pay(self, checkout_id: str) -> CheckoutRecord | None:
        return await self._finish(checkout_id, CheckoutState.PAID)

    async def decline(self, checkout_id: str) -> CheckoutRecord | None:
        return await self._finish(checkout_id, CheckoutState.DECLINED)

    async def _finish(self, checkout_id: str, state: CheckoutState) -> CheckoutRecord | None:
        now_ms = self.now_ms()
        record = await asyncio.to_thread(self._books.finish, checkout_id, state, now_ms)
        self.deliveries.notice()
        return record

    async def run(self) -> None:
        """Deliver webhooks until cancelled; what an earlier process left queued goes first."""
        await self.deliveries.run()
