"""What Stripe reports: believed only if signed, and understood only if it is this shop's."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from inventory.payments.port import BadEvent, BadSignature
from inventory.payments.stripe.amounts import from_stripe, to_stripe
from inventory.payments.stripe.provider import StripeProvider
from tests.inventory.payments.stripe_events import (
    SHOP_ID,
    WEBHOOK_SECRET,
    charge,
    event,
    metadata,
    refund,
    session,
    signed,
)

NAMES = ("tea", "hold-1")
OTHERS = {**metadata(*NAMES), "kaibo_shop": "another"}


@pytest.fixture
def provider(engine: Engine) -> StripeProvider:
    return StripeProvider(
        engine,
        api_key="sk_test_x",
        webhook_secrets=["whsec_new", f" {WEBHOOK_SECRET}"],
        shop_id=SHOP_ID,
        api_url="http://127.0.0.1:1",
        now_ms=lambda: 1,
    )


@pytest.mark.parametrize(
    ("kind", "about", "means"),
    [
        ("checkout.session.completed", session(*NAMES), "paid"),
        ("checkout.session.completed", session(*NAMES, payment_status="unpaid"), "pending"),
        ("checkout.session.async_payment_succeeded", session(*NAMES), "paid"),
        (
            "checkout.session.async_payment_failed",
            session(*NAMES, payment_status="unpaid"),
            "failed",
        ),
        (
            "checkout.session.expired",
            session(*NAMES, status="expired", payment_status="unpaid", payment_intent=None),
            "expired",
        ),
        ("charge.refunded", charge(*NAMES), "refunded"),
        ("charge.refunded", charge(*NAMES, refunded=False), "partly_refunded"),
        ("refund.failed", refund(*NAMES), "refund_failed"),
        ("refund.updated", refund(*NAMES), "refund_failed"),
        ("refund.updated", refund(*NAMES, status="canceled"), "refund_failed"),
        ("refund.updated", refund(*NAMES, status="succeeded"), "refund_updated"),
    ],
)
def test_each_event_has_its_meaning(
    provider: StripeProvider, kind: str, about: dict[str, Any], means: str
) -> None:
    body = event(kind, about)
    told = provider.verify(signed(body), body, 0)
    assert told.kind == means
    assert (told.room_id, told.hold_id) == NAMES
    assert (told.amount_cents, told.currency) == (990, "CNY")
    assert told.payment_id == (about.get("payment_intent") or about["id"])


def test_a_failed_refund_says_which_and_why(provider: StripeProvider) -> None:
    body = event("refund.failed", refund(*NAMES))
    told = provider.verify(signed(body), body, 0)
    assert (told.reference, told.reason) == ("re_3Pg", "expired_or_canceled_card")


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("payment_intent.created", session(*NAMES)),
        ("checkout.session.completed", session(*NAMES, metadata={})),
        ("checkout.session.completed", session(*NAMES, metadata=None)),
        ("checkout.session.completed", session(*NAMES, metadata=OTHERS)),
        ("charge.refunded", charge(*NAMES, metadata=OTHERS)),
        ("charge.refunded", charge(*NAMES, payment_intent=None)),
        ("refund.failed", refund(*NAMES, metadata={})),
    ],
)
def test_what_is_not_this_shops_changes_nothing(
    provider: StripeProvider, kind: str, about: dict[str, Any]
) -> None:
    body = event(kind, about)
    assert provider.verify(signed(body), body, 0).kind == "foreign"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"stripe-signature": ""},
        {"stripe-signature": "t=1,v1=00"},
        {"stripe-signature": "nonsense"},
        signed(event("charge.refunded", charge("tea", "hold-2"))),
    ],
)
def test_what_stripe_did_not_sign_is_not_believed(
    provider: StripeProvider, headers: dict[str, str]
) -> None:
    body = event("charge.refunded", charge(*NAMES))
    with pytest.raises(BadSignature):
        provider.verify(headers, body, 0)


def test_another_secret_and_an_old_signature_are_not_believed(provider: StripeProvider) -> None:
    body = event("charge.refunded", charge(*NAMES))
    for headers in (signed(body, "whsec_guessed"), signed(body, age_s=301)):
        with pytest.raises(BadSignature):
            provider.verify(headers, body, 0)
    assert provider.verify(signed(body, "whsec_new", age_s=290), body, 0).kind == "refunded"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type": "charge.refunded"}',
        b"\xff",
        event("charge.refunded", {"metadata": metadata(*NAMES)}),
    ],
)
def test_signed_nonsense_is_a_bad_event(provider: StripeProvider, body: bytes) -> None:
    with pytest.raises(BadEvent):
        provider.verify(signed(body), body, 0)


@given(cents=st.integers(0, 10**10), currency=st.sampled_from(["CNY", "USD", "JPY", "KWD", "ISK"]))
def test_an_amount_survives_the_way_to_stripe_and_back(cents: int, currency: str) -> None:
    amount = to_stripe(cents, currency)
    if amount is None:
        assert currency in ("JPY", "ISK") and cents % 100
    else:
        assert from_stripe(amount, currency) == cents


def test_amounts_are_in_the_smallest_coin() -> None:
    assert to_stripe(1990, "CNY") == 1990
    assert to_stripe(150_000, "JPY") == 1500
    assert to_stripe(150, "KWD") == 1500
    assert to_stripe(150_050, "JPY") is None
