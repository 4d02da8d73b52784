"""The sandbox provider: what a buyer's browser and Kaibo see of it.

`start`, `verify` and `refund` are the port. `pay` and `decline` are what the buttons on the
provider's own page do; the page itself is drawn by `server/http/sandbox_pages.py`. Its books are in
Kaibo's own database, so what buyers press at the same time is written in one transaction.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

import msgspec
from sqlalchemy import Engine

from inventory.ledger.engine import LedgerUnavailable
from inventory.ledger.grouped import Grouped
from inventory.payments.port import (
    BadEvent,
    Checkout,
    PaymentEvent,
    ProviderUnavailable,
    RefundAnswer,
    RefundRequest,
)
from inventory.payments.sandbox.books import Books, Finish
from inventory.payments.sandbox.deliveries import SIGNATURE_HEADER, Deliveries
from inventory.payments.sandbox.faults import NONE, Faults
from inventory.payments.sandbox.records import CheckoutRecord, CheckoutState, WebhookBody
from inventory.payments.signature import check


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class SandboxProvider:
    """A provider whose pages live under `base_url` and whose webhooks go to `webhook_url`, with
    `faults` unless a checkout has its own."""

    name = "sandbox"

    def __init__(
        self,
        engine: Engine,
        base_url: str,
        webhook_url: str,
        secret: bytes,
        now_ms: Callable[[], int] = wall_clock_ms,
        faults: Faults = NONE,
    ) -> None:
        self._books = Books(engine)
        self._base_url = base_url.rstrip("/")
        self._secret = secret
        self._faults = faults
        self._open = Grouped(self._books.open)
        self._finish = Grouped(self._books.finish)
        self.now_ms = now_ms
        self.deliveries = Deliveries(engine, webhook_url, secret, now_ms)

    async def start(self, checkout: Checkout) -> str:
        record = await self._open(
            CheckoutRecord(
                **msgspec.structs.asdict(checkout),
                state=CheckoutState.OPEN,
                created_at_ms=self.now_ms(),
                faults=self._faults,
            )
        )
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
            currency=told.currency,
            reason=told.reason,
            reference=told.reference,
        )

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        try:
            answer = await asyncio.to_thread(self._books.refund, request, self.now_ms())
        except LedgerUnavailable as error:  # it would not answer either, were it somebody else's
            raise ProviderUnavailable(str(error)) from error
        self.deliveries.notice()
        return answer

    async def checkout(self, checkout_id: str) -> CheckoutRecord | None:
        return await asyncio.to_thread(self._books.checkout, checkout_id)

    async def pay(self, checkout_id: str, faults: Faults | None = None) -> CheckoutRecord | None:
        return await self._ended(Finish(checkout_id, CheckoutState.PAID, self.now_ms(), faults))

    async def decline(
        self, checkout_id: str, faults: Faults | None = None
    ) -> CheckoutRecord | None:
        return await self._ended(Finish(checkout_id, CheckoutState.DECLINED, self.now_ms(), faults))

    async def _ended(self, finish: Finish) -> CheckoutRecord | None:
        record = await self._finish(finish)
        self.deliveries.notice()
        return record

    async def run(self) -> None:
        """Deliver webhooks until cancelled; what an earlier process left queued goes first."""
        await self.deliveries.run()
