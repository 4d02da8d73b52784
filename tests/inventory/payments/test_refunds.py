"""Money that must go back goes back once, whatever dies or refuses on the way."""

import asyncio

import msgspec
import pytest

from inventory.codes import Outcome
from inventory.hold import HoldState
from inventory.ledger.payments import refund_for
from inventory.ledger.refunds import BY_HOST, Refund
from inventory.payments import refunds
from inventory.payments.host_refunds import OURS_MS
from inventory.payments.port import PaymentEvent, RefundState
from inventory.payments.refunds import ATTEMPTS_MAX, DELAY_MS_MAX, retry_delay_ms
from inventory.payments.sandbox.faults import NONE, Faults
from inventory.payments.stripe.provider import StripeProvider
from tests.inventory.payments.till import Till
from tests.inventory.shop import PRICE_CENTS, RETENTION_MS


async def paid(till: Till, faults: Faults = NONE, buyer: str = "ann") -> str:
    """A hold that is paid; everything has come to rest."""
    hold_id = await till.shop.hold(buyer)
    await till.press_pay(hold_id, faults)
    await till.until_quiet()
    return hold_id


async def asked(till: Till, hold_id: str, *, restock: bool = False) -> Refund:
    refund = await till.host_refunds.ask(till.shop.room_id, hold_id, restock=restock)
    assert isinstance(refund, Refund), refund
    return refund


async def state_of(till: Till, hold_id: str) -> HoldState:
    hold = await till.shop.store.hold(till.shop.room_id, hold_id)
    assert hold is not None
    return hold.state


@pytest.mark.parametrize(("restock", "counts"), [(True, (3, 0, 0)), (False, (2, 0, 0))])
async def test_a_host_pays_an_order_back(
    till: Till, restock: bool, counts: tuple[int, int, int]
) -> None:
    await till.shop.open(units=3)
    hold_id = await paid(till)
    refund = await asked(till, hold_id, restock=restock)
    assert (refund.state, refund.reason, refund.restock) == (RefundState.DUE, BY_HOST, restock)
    assert await till.shop.counts() == counts
    await till.until_quiet()
    assert till.told() == ["paid", "refunded"]
    assert till.refund().state is RefundState.DONE
    assert await state_of(till, hold_id) is HoldState.REFUNDED
    assert await till.shop.counts() == counts


async def test_asking_again_pays_back_once(till: Till) -> None:
    await till.shop.open(units=3)
    hold_id = await paid(till)
    first = await asked(till, hold_id, restock=True)
    again = await asyncio.gather(*(asked(till, hold_id) for _ in range(4)))
    assert {each.refund_id for each in again} == {first.refund_id}
    await till.until_quiet()
    assert (await asked(till, hold_id)).state is RefundState.DONE
    assert till.told().count("refunded") == 1
    assert await till.shop.counts() == (3, 0, 0)


@pytest.mark.parametrize("dies_after", ["the wish", "the engine agreed"])
async def test_a_refund_that_was_only_asked_for_is_finished_by_the_job(
    till: Till, dies_after: str
) -> None:
    await till.shop.open(units=3)
    hold_id = await paid(till)
    hold = await till.shop.store.hold(till.shop.room_id, hold_id)
    assert hold and hold.payment_id
    payment = till.book.payment_of(till.shop.room_id, hold_id, hold.payment_id)
    assert payment is not None
    now_ms = till.now_ms()
    wish = refund_for(payment, BY_HOST, now_ms, state=RefundState.ASKED, restock=True)
    till.refunds.add(msgspec.structs.replace(wish, next_try_at_ms=now_ms + OURS_MS))
    if dies_after == "the engine agreed":
        name = (till.shop.room_id, hold_id, wish.refund_id)
        await till.shop.store.refund(*name, with_restock=True)
    assert await till.until_quiet() >= OURS_MS
    assert till.refund().state is RefundState.DONE
    assert await till.shop.counts() == (3, 0, 0)


async def test_what_is_not_paid_is_not_paid_back(till: Till) -> None:
    await till.shop.open(units=3)
    room_id, hold_id = till.shop.room_id, await till.shop.hold("ann")
    assert await till.host_refunds.ask(room_id, hold_id, restock=True) is Outcome.NOT_PAID
    unknown = till.shop.new_id()
    assert await till.host_refunds.ask(room_id, unknown, restock=True) is Outcome.UNKNOWN_HOLD
    assert till.refunds.of_room(room_id) == []


async def test_an_order_that_redis_has_forgotten_is_paid_back_too(till: Till) -> None:
    await till.shop.open(units=3)
    hold_id = await paid(till)
    await till.shop.store.end_sale(till.shop.room_id, "tea")
    for _ in range(3):
        await till.shop.advance(RETENTION_MS)
        await till.shop.store.expire_due(till.shop.room_id)
    assert await till.shop.store.hold(till.shop.room_id, hold_id) is None
    assert (await asked(till, hold_id)).state is RefundState.DUE
    await till.until_quiet()
    assert till.refund().state is RefundState.DONE


async def test_a_sale_that_does_not_add_up_delays_a_refund(till: Till) -> None:
    await till.shop.open(units=3)
    hold_id = await paid(till)
    await till.shop.plant("tea", available=9)
    told = await till.host_refunds.ask(till.shop.room_id, hold_id, restock=True)
    assert told is Outcome.BROKEN
    await till.shop.advance(OURS_MS)
    await till.refunder.step()
    assert "BROKEN" in str(till.refund().trouble)
    await till.shop.plant("tea", available=2)
    await till.until_quiet()
    assert till.refund().state is RefundState.DONE
    assert await till.shop.counts() == (3, 0, 0)


async def test_a_refund_at_the_provider_makes_the_order_refunded(till: Till) -> None:
    await till.shop.open(units=3)
    hold_id = await paid(till)
    hold = await till.shop.store.hold(till.shop.room_id, hold_id)
    assert hold and hold.payment_id
    await till.settler.settle("sandbox", event(till, hold_id, "refunded", hold.payment_id))
    await till.until_quiet()
    assert (till.refund().state, till.refund().reason) == (RefundState.DONE, "PROVIDER")
    assert await state_of(till, hold_id) is HoldState.REFUNDED
    assert await till.shop.counts() == (2, 0, 0), "its units are not sold again unasked"


async def test_a_late_payment_that_was_paid_back_makes_the_order_refunded(till: Till) -> None:
    await till.shop.open(units=1)
    late = await till.shop.hold("ann")
    await till.shop.cancel(late, "ann")
    await till.shop.hold("bob")
    await till.press_pay(late, Faults())
    await till.until_quiet()
    assert await state_of(till, late) is HoldState.REFUNDED


async def test_two_workers_ask_the_provider_once(till: Till) -> None:
    await till.shop.open(units=9)
    for hold_id in [await paid(till, buyer=buyer) for buyer in ("ann", "bob", "cyd")]:
        await asked(till, hold_id)
    other = till.refunder_of(till.sandbox)
    assert sum(await asyncio.gather(till.refunder.step(), other.step())) == 3
    await till.until_quiet()
    assert till.told().count("refunded") == 3


async def test_a_refund_that_the_provider_refuses_is_for_somebody_to_look_at(till: Till) -> None:
    await till.shop.open(units=3)
    await asked(till, await paid(till, Faults(refund="refused")))
    await till.until_quiet()
    refund = till.refund()
    assert (refund.state, refund.trouble) == (
        RefundState.FAILED,
        "the sandbox was told to refuse it",
    )
    assert till.refunds.begin_anew(refund, till.now_ms())
    await till.until_quiet()
    refund = till.refund()
    assert (refund.state, refund.round) == (RefundState.FAILED, 1)
    assert till.refunds.close(refund, till.now_ms(), "by hand: cash")
    await till.until_quiet()
    refund = till.refund()
    assert (refund.state, refund.trouble) == (RefundState.DONE, "by hand: cash")
    assert not till.refunds.begin_anew(refund, till.now_ms()), "it is over"


async def test_a_refund_that_comes_back_from_the_bank_has_failed(till: Till) -> None:
    await till.shop.open(units=3)
    await asked(till, await paid(till, Faults(refund="lost", copies=2)))
    await till.until_quiet()
    assert till.told() == ["paid", "paid", "refund_failed", "refund_failed"]
    refund = till.refund()
    assert (refund.state, refund.trouble) == (
        RefundState.FAILED,
        "the buyer's bank sent it back",
    )


async def test_a_provider_that_does_not_answer_is_asked_more_and_more_seldom_then_no_more(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refunds, "ATTEMPTS_MAX", 3)
    nobody = StripeProvider(
        till.engine,
        api_key="sk_test_x",
        webhook_secrets=["whsec_x"],
        shop_id="x",
        api_url="http://127.0.0.1:9",
        now_ms=till.now_ms,
    )
    refunder = till.refunder_of(nobody)
    await till.settler.settle("stripe", event(till, till.shop.new_id(), "paid", "pi_1"))
    for attempt in (1, 2, 3):
        assert await refunder.step() == 1
        assert await refunder.step() == 0, "not before its time"
        assert till.refund().attempts == (attempt if attempt < 3 else 0)
        await till.shop.advance(retry_delay_ms(attempt))
    refund = till.refund()
    assert refund.state is RefundState.FAILED
    assert str(refund.trouble).startswith("given up after 3 attempts: Stripe does not answer")


async def test_a_payment_of_another_provider_waits_for_it(till: Till) -> None:
    await till.settler.settle("stripe", event(till, till.shop.new_id(), "paid", "pi_1"))
    await till.refunder.step()
    assert till.refund().state is RefundState.DUE
    assert "paid through 'stripe'" in str(till.refund().trouble)


def test_a_refund_is_tried_for_more_than_a_day() -> None:
    delays = [retry_delay_ms(attempt) for attempt in range(1, ATTEMPTS_MAX)]
    assert max(delays) == DELAY_MS_MAX
    assert sum(delays) > 86_400_000


def event(till: Till, hold_id: str, kind: str, payment_id: str) -> PaymentEvent:
    return PaymentEvent(
        kind=kind,
        payment_id=payment_id,
        room_id=till.shop.room_id,
        hold_id=hold_id,
        amount_cents=PRICE_CENTS,
        currency="CNY",
    )
