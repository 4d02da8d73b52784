"""The Stripe adapter: hosted checkout pages, webhooks checked by Stripe's own library, refunds.

A page stays payable for `PAGE_MS`, longer than most holds: Stripe allows no less than half an
hour. A payment after the hold's end is a late one, as with any provider: fulfilled if units are
free, else paid back. No key and no secret is ever put into a message.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import stripe
from sqlalchemy import Engine

from inventory.payments.port import (
    BadEvent,
    BadSignature,
    Checkout,
    CheckoutRefused,
    PaymentEvent,
    ProviderUnavailable,
    RefundAnswer,
    RefundRequest,
    RefundState,
)
from inventory.payments.stripe.amounts import to_stripe
from inventory.payments.stripe.events import HOLD, ROOM, SHOP, event_of
from inventory.payments.stripe.sessions import Session, SessionBook

SIGNATURE_HEADER = "stripe-signature"
TOLERANCE_S = 300  # how old a webhook's signature may be
TIMEOUT_S = 10.0
NETWORK_RETRIES_MAX = 1  # by the library, with the same idempotency key
PAGE_MS = 3_600_000
UNHEARD_MS_MAX = 1_500_000  # so long a session that may not exist can be asked for again
NAME_CHARACTERS_MAX = 250

_REFUNDS = {
    "pending": RefundState.SENT,
    "requires_action": RefundState.SENT,
    "succeeded": RefundState.PAID_BACK,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
_FINAL = (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError)

Answer = TypeVar("Answer")


class StripeProvider:
    """One Stripe account. `shop_id` marks what is this shop's: others may use the account too."""

    name = "stripe"

    def __init__(
        self,
        engine: Engine,
        *,
        api_key: str,
        webhook_secrets: Sequence[str],
        shop_id: str,
        api_url: str,
        now_ms: Callable[[], int],
    ) -> None:
        self._book = SessionBook(engine)
        self._secrets = [secret.strip() for secret in webhook_secrets]
        self._shop_id = shop_id
        self._now_ms = now_ms
        self._api = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_url.rstrip("/")},
            http_client=stripe.HTTPXClient(timeout=TIMEOUT_S),
            max_network_retries=NETWORK_RETRIES_MAX,
        ).v1

    async def start(self, checkout: Checkout) -> str | CheckoutRefused:
        latest = await asyncio.to_thread(self._book.latest, checkout.room_id, checkout.hold_id)
        page = await self._page_of(latest, checkout) if latest else None
        if page is not None:
            return page
        wanted = self._wanted(checkout)
        if isinstance(wanted, CheckoutRefused):
            return wanted
        session = Session(
            room_id=checkout.room_id,
            hold_id=checkout.hold_id,
            attempt=latest.attempt + 1 if latest else 0,
            wanted=wanted,
            created_at_ms=self._now_ms(),
        )
        return await self._create(await asyncio.to_thread(self._book.want, session))

    async def _page_of(self, session: Session, checkout: Checkout) -> str | CheckoutRefused | None:
        """Where a session can be paid, or the shop if it has been; None if nothing came of it."""
        if session.session_id is None:
            is_old = self._now_ms() - session.created_at_ms > UNHEARD_MS_MAX
            return None if is_old else await self._create(session)
        made = await _asked(
            self._api.checkout.sessions.retrieve_async(
                session.session_id, {"expand": ["payment_intent"]}
            )
        )
        if made.status == "open":
            return str(made.url)
        has_failed = made.status == "expired" or _needs_another_card(made.payment_intent)
        return None if has_failed else returning(checkout.return_url, "back")

    async def _create(self, session: Session) -> str | CheckoutRefused:
        wanted: Any = session.wanted
        sessions, key = self._api.checkout.sessions, session.idempotency_key
        try:
            made = await _asked(sessions.create_async(wanted, {"idempotency_key": key}))
        except _FINAL as error:
            return CheckoutRefused(f"Stripe refuses this payment: {_reason(error)}")
        await asyncio.to_thread(self._book.made, session, made.id)
        return str(made.url)

    def _wanted(self, checkout: Checkout) -> dict[str, Any] | CheckoutRefused:
        amount = to_stripe(checkout.amount_cents, checkout.currency)
        if amount is None:
            return CheckoutRefused(f"{checkout.currency} has no coin so small")
        ours = {SHOP: self._shop_id, ROOM: checkout.room_id, HOLD: checkout.hold_id}
        product = {"name": checkout.description[:NAME_CHARACTERS_MAX] or checkout.hold_id}
        price = {
            "currency": checkout.currency.lower(),
            "unit_amount": amount,
            "product_data": product,
        }
        expires_at_ms = max(self._now_ms() + PAGE_MS, checkout.deadline_ms or 0)
        return {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "client_reference_id": checkout.hold_id,
            "metadata": ours,
            "payment_intent_data": {"metadata": ours},
            "success_url": returning(checkout.return_url, "paid"),
            "cancel_url": returning(checkout.return_url, "back"),
            "expires_at": expires_at_ms // 1000,
        }

    def verify(
        self,
        headers: Mapping[str, str],
        body: bytes,
        now_ms: int,  # noqa: ARG002 - the library asks the machine for the time
    ) -> PaymentEvent:
        header = headers.get(SIGNATURE_HEADER)
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise BadEvent(f"a Stripe event cannot be read: {error}") from error
        if not any(_signs(secret, header, text) for secret in self._secrets):
            raise BadSignature(
                "the Stripe signature is missing, old or does not fit the body:"
                " is the webhook secret this endpoint's?"
            )
        return event_of(body, self._shop_id)

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        refunds = self._api.refunds
        try:
            if request.reference is not None:
                return _answer(await _asked(refunds.retrieve_async(request.reference)))
            ours = {SHOP: self._shop_id, ROOM: request.room_id, HOLD: request.hold_id}
            # No amount: all that is left of the payment, whatever a cashier has paid back before.
            made = refunds.create_async(
                {"payment_intent": request.payment_id, "metadata": ours},
                {"idempotency_key": request.refund_id},
            )
            return _answer(await _asked(made))
        except _FINAL as error:
            if error.code == "charge_already_refunded":
                return RefundAnswer(state=RefundState.PAID_BACK)
            return RefundAnswer(state=RefundState.FAILED, reason=_reason(error))


def returning(return_url: str, payment: str) -> str:
    """Where the buyer goes back to, with how the payment stands."""
    mark = "&" if urlsplit(return_url).query else "?"
    return f"{return_url}{mark}payment={payment}"


async def _asked(call: Awaitable[Answer]) -> Answer:
    """What Stripe answers. Raises ProviderUnavailable for what may be different the next time, and
    Stripe's own refusals as they are."""
    try:
        return await call
    except _FINAL:
        raise
    except stripe.StripeError as error:
        status = f", HTTP {error.http_status}" if error.http_status else ""
        what = f"{type(error).__name__}{status}, request {error.request_id or 'unknown'}"
        raise ProviderUnavailable(f"Stripe does not answer ({what})") from error


def _reason(error: stripe.StripeError) -> str:
    return f"{error.user_message or 'no reason given'} ({error.code or type(error).__name__})"


def _signs(secret: str, header: str | None, body: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE_S))
    except stripe.SignatureVerificationError:
        return False


def _needs_another_card(intent: Any) -> bool:
    """Of a completed session: a bank refused the payment days later."""
    return getattr(intent, "status", None) in ("requires_payment_method", "canceled")


def _answer(refund: stripe.Refund) -> RefundAnswer:
    state = _REFUNDS.get(refund.status or "", RefundState.SENT)
    reason = (refund.failure_reason or str(refund.status)) if state is RefundState.FAILED else ""
    return RefundAnswer(state=state, reference=refund.id, reason=reason)
