"""The Stripe adapter against the shape of Stripe's API: nothing is made twice, nothing is lost."""

import asyncio
import logging
import time
from collections.abc import Iterator

import msgspec
import pytest
from sqlalchemy import Engine

from inventory.payments.port import (
    Checkout,
    CheckoutRefused,
    ProviderUnavailable,
    RefundRequest,
    RefundState,
)
from inventory.payments.stripe.provider import StripeProvider
from tests.inventory.payments.stripe_api import KEY, StripeApi, serving
from tests.inventory.payments.stripe_events import (
    SHOP_ID,
    WEBHOOK_SECRET,
    charge,
    event,
    refund,
    session,
    signed,
)
from tests.inventory.payments.till import Till
from tests.inventory.shop import PRICE_CENTS

NOW_MS = time.time_ns() // 1_000_000
CHECKOUT = Checkout(
    checkout_id="co_1",
    room_id="tea",
    hold_id="hold-1",
    buyer_id="ann",
    amount_cents=990,
    currency="CNY",
    description="1 x 龙井茶",
    return_url="https://shop.test/r/tea?order=hold-1",
    deadline_ms=NOW_MS + 120_000,
)
REFUND = RefundRequest(
    refund_id="rf_1-0",
    payment_id="pi_1",
    room_id="tea",
    hold_id="hold-1",
    amount_cents=990,
    currency="CNY",
)


@pytest.fixture
def api() -> Iterator[StripeApi]:
    api = StripeApi()
    with serving(api):
        yield api


def provider_of(
    api: StripeApi, engine: Engine, key: str = KEY, later_ms: int = 0
) -> StripeProvider:
    return StripeProvider(
        engine,
        api_key=key,
        webhook_secrets=[WEBHOOK_SECRET],
        shop_id=SHOP_ID,
        api_url=f"{api.url}/",
        now_ms=lambda: NOW_MS + later_ms,
    )


@pytest.fixture
def provider(api: StripeApi, engine: Engine) -> StripeProvider:
    return provider_of(api, engine)


async def test_a_checkout_asks_for_the_hold_and_nothing_else(
    api: StripeApi, provider: StripeProvider
) -> None:
    assert await provider.start(CHECKOUT) == "https://checkout.stripe.com/c/pay/cs_test_1"
    [(method, path, form)] = api.asked
    assert (method, path) == ("POST", "/v1/checkout/sessions")
    marks = {"kaibo_shop": SHOP_ID, "kaibo_room": "tea", "kaibo_hold": "hold-1"}
    expected = {
        "mode": "payment",
        "line_items[0][price_data][currency]": "cny",
        "line_items[0][price_data][unit_amount]": "990",
        "line_items[0][price_data][product_data][name]": "1 x 龙井茶",
        "line_items[0][quantity]": "1",
        "client_reference_id": "hold-1",
        "success_url": "https://shop.test/r/tea?order=hold-1&payment=paid",
        "cancel_url": "https://shop.test/r/tea?order=hold-1&payment=back",
        "expires_at": str(NOW_MS // 1000 + 3600),
        **{f"metadata[{name}]": value for name, value in marks.items()},
        **{f"payment_intent_data[metadata][{name}]": value for name, value in marks.items()},
    }
    assert form == expected


async def test_asking_again_gives_the_same_page(api: StripeApi, provider: StripeProvider) -> None:
    first = await provider.start(CHECKOUT)
    other_tab = msgspec.structs.replace(CHECKOUT, checkout_id="co_2", description="renamed")
    assert await provider.start(other_tab) == first
    assert len(api.sessions) == 1


async def test_two_tabs_at_once_get_the_same_page(
    api: StripeApi, provider: StripeProvider, engine: Engine
) -> None:
    other = provider_of(api, engine, later_ms=3)
    pages = await asyncio.gather(*(it.start(CHECKOUT) for it in [provider, other] * 4))
    assert len(set(pages)) == len(api.sessions) == 1


async def test_an_answer_that_got_lost_makes_no_second_session(
    api: StripeApi, provider: StripeProvider, engine: Engine
) -> None:
    api.failures = ["mute", "mute"]  # the library tries twice
    with pytest.raises(ProviderUnavailable):
        await provider.start(CHECKOUT)
    later = provider_of(api, engine, later_ms=60_000)
    assert await later.start(CHECKOUT) == "https://checkout.stripe.com/c/pay/cs_test_1"
    assert len(api.sessions) == 1


async def test_a_paid_hold_is_not_offered_to_be_paid_twice(
    api: StripeApi, provider: StripeProvider
) -> None:
    await provider.start(CHECKOUT)
    intent = {"id": "pi_1", "object": "payment_intent", "status": "succeeded"}
    api.sessions["cs_test_1"] |= {"status": "complete", "url": None, "payment_intent": intent}
    assert await provider.start(CHECKOUT) == f"{CHECKOUT.return_url}&payment=back"
    assert len(api.sessions) == 1


@pytest.mark.parametrize(
    ("status", "intent_status"), [("expired", None), ("complete", "requires_payment_method")]
)
async def test_after_a_page_that_came_to_nothing_there_is_another(
    api: StripeApi, provider: StripeProvider, status: str, intent_status: str | None
) -> None:
    await provider.start(CHECKOUT)
    intent = {"id": "pi_1", "object": "payment_intent", "status": intent_status}
    api.sessions["cs_test_1"] |= {
        "status": status,
        "url": None,
        "payment_intent": intent if intent_status else None,
    }
    second = await provider.start(CHECKOUT)
    assert second == "https://checkout.stripe.com/c/pay/cs_test_2"
    assert await provider.start(CHECKOUT) == second


async def test_what_stripe_will_never_take_is_refused_with_its_reason(
    api: StripeApi, provider: StripeProvider
) -> None:
    refused = await provider.start(msgspec.structs.replace(CHECKOUT, amount_cents=49))
    assert isinstance(refused, CheckoutRefused)
    assert "below the minimum" in refused.reason


async def test_an_amount_without_coins_is_refused_unasked(
    api: StripeApi, provider: StripeProvider
) -> None:
    refused = await provider.start(msgspec.structs.replace(CHECKOUT, currency="JPY"))
    assert refused == CheckoutRefused("JPY has no coin so small")
    assert api.asked == []


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_stripe_being_away_is_told_and_passes(
    api: StripeApi, provider: StripeProvider, status: int
) -> None:
    api.failures = [status, status]
    with pytest.raises(ProviderUnavailable, match=str(status)):
        await provider.start(CHECKOUT)
    api.failures.clear()
    assert isinstance(await provider.start(CHECKOUT), str)


async def test_no_key_is_ever_said(
    api: StripeApi, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = "sk_live_very_secret"
    provider = provider_of(api, engine, key)
    with pytest.raises(ProviderUnavailable) as raised:
        await provider.start(CHECKOUT)
    assert key not in f"{raised.value!r}{raised.value}{caplog.text}{provider!r}"
    assert WEBHOOK_SECRET not in caplog.text


async def test_a_refund_is_made_once_however_often_it_is_asked_for(
    api: StripeApi, provider: StripeProvider
) -> None:
    api.payments["pi_1"] = 990
    api.failures = ["mute", "mute"]
    with pytest.raises(ProviderUnavailable):
        await provider.refund(REFUND)
    answers = await asyncio.gather(*(provider.refund(REFUND) for _ in range(4)))
    assert {(it.state, it.reference) for it in answers} == {(RefundState.PAID_BACK, "re_1")}
    assert len(api.refunds) == 1


async def test_a_refund_on_its_way_is_asked_about(api: StripeApi, provider: StripeProvider) -> None:
    api.payments["pi_1"], api.refund_status = 990, "pending"
    sent = await provider.refund(REFUND)
    assert sent.state is RefundState.SENT
    known = msgspec.structs.replace(REFUND, reference=sent.reference)
    assert (await provider.refund(known)).state is RefundState.SENT
    api.refunds["re_1"] |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}
    failed = await provider.refund(known)
    assert (failed.state, failed.reason) == (RefundState.FAILED, "lost_or_stolen_card")
    assert len(api.refunds) == 1


async def test_what_was_paid_back_in_the_dashboard_is_back(
    api: StripeApi, provider: StripeProvider
) -> None:
    api.payments["pi_1"] = 990
    await provider.refund(REFUND)
    another_key = msgspec.structs.replace(REFUND, refund_id="rf_1-1")
    assert (await provider.refund(another_key)).state is RefundState.PAID_BACK


async def test_a_refund_of_nothing_fails_with_the_reason(provider: StripeProvider) -> None:
    answer = await provider.refund(REFUND)
    assert answer.state is RefundState.FAILED
    assert "No such payment_intent" in answer.reason


async def test_from_webhook_to_refund(api: StripeApi, till: Till) -> None:
    """A session paid too late: Stripe's report, our outcome, Stripe's refund, its report."""
    shop = till.shop
    stripe = provider_of(api, till.engine)
    refunder = till.refunder_of(stripe)
    await shop.open(units=1)
    hold_id = await shop.hold("ann")
    await shop.cancel(hold_id, "ann")
    await shop.hold("bob")
    api.payments["pi_3Pg"], api.refund_status = PRICE_CENTS, "pending"
    names = (shop.room_id, hold_id)

    async def told(kind: str, about: dict[str, object]) -> None:
        body = event(kind, about)
        for _ in range(2):
            await till.settler.settle("stripe", stripe.verify(signed(body), body, NOW_MS))

    await told("checkout.session.completed", session(*names))
    payment = till.book.payment("stripe", "pi_3Pg")
    assert payment and payment.outcome == "REFUND_DUE"
    assert await refunder.step() == 1
    assert (till.refund().state, till.refund().reference) == (RefundState.SENT, "re_1")
    await told("refund.failed", refund(*names, id="re_0"))
    assert till.refund().state is RefundState.SENT, "another refund failed, not this one"
    await told("charge.refunded", charge(*names))
    await refunder.step()
    assert till.refund().state is RefundState.DONE
    assert len(api.refunds) == 1
