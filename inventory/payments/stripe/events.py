"""What Stripe's webhooks mean here: its events as PaymentEvents. Pure; the signature is checked.

    checkout.session.completed, paid            paid
    checkout.session.completed, unpaid          pending: a bank takes days; the next two tell
    checkout.session.async_payment_succeeded    paid
    checkout.session.async_payment_failed       failed
    checkout.session.expired                    expired
    charge.refunded, all of it                  refunded
    charge.refunded, a part                     partly_refunded: changes nothing here, see the docs
    refund.updated, refund.failed: failed       refund_failed

A shop's Stripe account may serve others too: what does not carry this shop's id in its metadata is
`foreign`, and changes nothing.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from inventory.payments.port import BadEvent, EventKind, PaymentEvent
from inventory.payments.stripe.amounts import from_stripe

SHOP, ROOM, HOLD = "kaibo_shop", "kaibo_room", "kaibo_hold"
_PAID = ("paid", "no_payment_required")
_LOST = ("failed", "canceled")

FOREIGN = PaymentEvent(
    kind="foreign", payment_id="", room_id="", hold_id="", amount_cents=0, currency=""
)


def event_of(body: bytes, shop_id: str) -> PaymentEvent:
    """The event in a webhook's body. Raises BadEvent if it is not shaped as Stripe's are."""
    try:
        told = json.loads(body)
        about = told["data"]["object"]
        reader = _READERS.get(told["type"])
        if reader is None or (about.get("metadata") or {}).get(SHOP) != shop_id:
            return FOREIGN
        return reader(str(told["type"]), about)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadEvent(f"a Stripe event cannot be read: {error!r}") from error


def _session(kind: str, session: Mapping[str, Any]) -> PaymentEvent:
    said = kind.rpartition(".")[2]
    is_paid = said == "async_payment_succeeded" or (
        said == "completed" and session["payment_status"] in _PAID
    )
    kinds = {"completed": "pending", "async_payment_failed": EventKind.FAILED, "expired": "expired"}
    return _told(
        EventKind.PAID if is_paid else kinds[said],
        session,
        payment_id=_id(session.get("payment_intent")) or session["id"],
        amount=session["amount_total"],
    )


def _charge(_kind: str, charge: Mapping[str, Any]) -> PaymentEvent:
    if not charge["payment_intent"]:
        return FOREIGN  # not from a checkout
    kind = EventKind.REFUNDED if charge["refunded"] else "partly_refunded"
    return _told(kind, charge, payment_id=_id(charge["payment_intent"]), amount=charge["amount"])


def _refund(_kind: str, refund: Mapping[str, Any]) -> PaymentEvent:
    if not refund["payment_intent"]:
        return FOREIGN
    return _told(
        EventKind.REFUND_FAILED if refund["status"] in _LOST else "refund_updated",
        refund,
        payment_id=_id(refund["payment_intent"]),
        amount=refund["amount"],
        reason=str(refund.get("failure_reason") or refund["status"]),
        reference=refund["id"],
    )


def _told(
    kind: str, about: Mapping[str, Any], *, payment_id: str, amount: int, **details: Any
) -> PaymentEvent:
    currency, metadata = about["currency"].upper(), about["metadata"]
    return PaymentEvent(
        kind=str(kind),
        payment_id=payment_id,
        room_id=metadata[ROOM],
        hold_id=metadata[HOLD],
        amount_cents=from_stripe(amount, currency),
        currency=currency,
        **details,
    )


def _id(reference: Any) -> str:
    """Stripe names an object by its id, or holds it whole where it was told to expand it."""
    return str(reference["id"]) if isinstance(reference, Mapping) else (reference or "")


_READERS: dict[str, Callable[[str, Mapping[str, Any]], PaymentEvent]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session,
    "checkout.session.expired": _session,
    "charge.refunded": _charge,
    "refund.updated": _refund,
    "refund.failed": _refund,
}
