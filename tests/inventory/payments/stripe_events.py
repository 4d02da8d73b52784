"""Webhooks in the shape that Stripe sends them in, signed as Stripe signs them."""

import hashlib
import hmac
import json
import time
from typing import Any

WEBHOOK_SECRET = "whsec_of_the_tests"
SHOP_ID = "5ca1ab1e5ca1ab1e"


def event(kind: str, about: dict[str, Any]) -> bytes:
    """The event `kind` about an object."""
    told = {
        "id": "evt_1PgafuAaBbCcDdEe1aBcDeFg",
        "object": "event",
        "api_version": "2026-02-25.clover",
        "created": int(time.time()),
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    return json.dumps(told, indent=2).encode()


def session(room_id: str, hold_id: str, **changes: Any) -> dict[str, Any]:
    """A checkout session that was paid by card."""
    return {
        "id": "cs_test_a1b2c3",
        "object": "checkout.session",
        "amount_subtotal": 990,
        "amount_total": 990,
        "client_reference_id": hold_id,
        "currency": "cny",
        "customer_details": {"email": "ann@example.com", "name": "Ann"},
        "expires_at": 1_800_003_600,
        "livemode": False,
        "metadata": metadata(room_id, hold_id),
        "mode": "payment",
        "payment_intent": "pi_3Pg",
        "payment_method_types": ["card"],
        "payment_status": "paid",
        "status": "complete",
        "url": None,
    } | changes


def charge(room_id: str, hold_id: str, **changes: Any) -> dict[str, Any]:
    """A charge all of which was refunded."""
    return {
        "id": "ch_3Pg",
        "object": "charge",
        "amount": 990,
        "amount_captured": 990,
        "amount_refunded": 990,
        "balance_transaction": "txn_3Pg",
        "currency": "cny",
        "metadata": metadata(room_id, hold_id),
        "paid": True,
        "payment_intent": "pi_3Pg",
        "refunded": True,
        "status": "succeeded",
    } | changes


def refund(room_id: str, hold_id: str, **changes: Any) -> dict[str, Any]:
    """A refund that came back from the bank."""
    return {
        "id": "re_3Pg",
        "object": "refund",
        "amount": 990,
        "charge": "ch_3Pg",
        "currency": "cny",
        "failure_reason": "expired_or_canceled_card",
        "metadata": metadata(room_id, hold_id),
        "payment_intent": "pi_3Pg",
        "status": "failed",
    } | changes


def metadata(room_id: str, hold_id: str) -> dict[str, str]:
    return {"kaibo_shop": SHOP_ID, "kaibo_room": room_id, "kaibo_hold": hold_id}


def signed(body: bytes, secret: str = WEBHOOK_SECRET, age_s: int = 0) -> dict[str, str]:
    """The headers of a webhook, by Stripe's published scheme."""
    timestamp = int(time.time()) - age_s
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return {"stripe-signature": f"t={timestamp},v1={digest.hexdigest()},v0=00"}
