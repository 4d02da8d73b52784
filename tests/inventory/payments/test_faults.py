"""Whatever a provider's webhooks do on their way, each payment ends in the right outcome, once."""

import pytest

from inventory.payments.port import PaymentEvent, RefundState
from inventory.payments.sandbox.deliveries import retry_delay_ms
from inventory.payments.sandbox.faults import Faults, faults_of
from tests.inventory.payments.till import Till
from tests.inventory.shop import HOLD_MS, PRICE_CENTS


@pytest.mark.parametrize(
    ("words", "told", "at_least_ms"),
    [
        ("", ["paid"], 0),
        ("slow_ms=3000", ["paid"], 3_000),
        ("copies=3", ["paid"] * 3, 0),
        ("lost=4", ["paid"], sum(retry_delay_ms(attempt) for attempt in range(1, 5))),
        ("unheard=2", ["paid"] * 3, retry_delay_ms(1) + retry_delay_ms(2)),
        ("copies=2 lost=1 unheard=1", ["paid"] * 4, retry_delay_ms(1)),
        ("order=failure_last", ["paid", "failed"], 0),
        ("order=failure_last copies=2", ["paid", "paid", "failed", "failed"], 0),
    ],
)
async def test_a_payment_in_time_is_paid_once(
    till: Till, words: str, told: list[str], at_least_ms: int
) -> None:
    await till.shop.open(units=3)
    payment_id = await till.press_pay(await till.shop.hold("ann"), faults_of(words))
    assert await till.until_quiet() >= at_least_ms
    assert till.told() == told
    assert till.outcome(payment_id) == "PAID"
    assert await till.shop.counts() == (2, 0, 1)
    assert till.refunds.of_room(till.shop.room_id) == []


@pytest.mark.parametrize("copies", [1, 3])
async def test_a_late_report_takes_free_units(till: Till, copies: int) -> None:
    await till.shop.open(units=2)
    payment_id = await till.press_pay(await till.shop.hold("ann"), Faults(late=True, copies=copies))
    assert await till.until_quiet() >= HOLD_MS
    assert till.told() == ["paid"] * copies
    assert till.outcome(payment_id) == "PAID_LATE"
    assert await till.shop.counts() == (1, 0, 1)


@pytest.mark.parametrize("copies", [1, 3])
async def test_a_late_report_is_paid_back_when_the_units_are_gone(till: Till, copies: int) -> None:
    await till.shop.open(units=1)
    payment_id = await till.press_pay(await till.shop.hold("ann"), Faults(late=True, copies=copies))
    await till.shop.advance(HOLD_MS + 1)
    await till.shop.store.expire_due(till.shop.room_id)
    sold = await till.shop.hold("bob")
    await till.press_pay(sold, Faults())
    await till.until_quiet()
    assert till.outcome(payment_id) == "REFUND_DUE"
    assert (till.refund().state, till.refund().payment_id) == (RefundState.DONE, payment_id)
    assert till.told().count("refunded") == copies
    assert await till.shop.counts() == (0, 0, 1)


async def test_a_refund_told_before_its_payment_leaves_the_hold_alone(till: Till) -> None:
    await till.shop.open(units=1)
    payment_id = await till.press_pay(
        await till.shop.hold("ann"), Faults(order="refund_first", copies=2)
    )
    await till.until_quiet()
    assert till.told() == ["refunded", "refunded", "paid", "paid"]
    assert till.outcome(payment_id) == "PAID_BACK"
    assert till.refund().state is RefundState.DONE
    assert await till.shop.counts() == (0, 1, 0)
    await till.shop.advance(HOLD_MS + 1)
    await till.shop.store.expire_due(till.shop.room_id)
    assert await till.shop.counts() == (1, 0, 0), "and then ends unpaid"


async def test_two_payments_of_one_hold_sell_once_and_one_goes_back(till: Till) -> None:
    await till.shop.open(units=3)
    hold_id = await till.shop.hold("ann")
    first = await till.press_pay(hold_id, Faults(slow_ms=5_000))
    await till.settler.settle("sandbox", till_event(till, hold_id, "pay_by_other_means"))
    await till.until_quiet()
    assert till.outcome("pay_by_other_means") == "PAID"
    assert till.outcome(first) == "SECOND_PAYMENT"
    assert (till.refund().payment_id, till.refund().state) == (first, RefundState.DONE)
    assert await till.shop.counts() == (2, 0, 1)


@pytest.mark.parametrize(
    ("amount_cents", "currency"), [(PRICE_CENTS - 1, "CNY"), (PRICE_CENTS, "USD")]
)
async def test_the_wrong_money_goes_back_and_the_hold_can_still_be_paid(
    till: Till, amount_cents: int, currency: str
) -> None:
    await till.shop.open(units=3)
    hold_id = await till.shop.hold("ann")
    payment_id = await till.press_pay(hold_id, Faults(), amount_cents, currency)
    await till.until_quiet()
    assert till.outcome(payment_id) == "REFUND_DUE"
    refund = till.refund()
    assert (refund.state, refund.amount_cents, refund.currency) == (
        RefundState.DONE,
        amount_cents,
        currency,
    )
    assert await till.shop.counts() == (2, 1, 0)
    await till.settler.settle("sandbox", till_event(till, hold_id, "right"))
    assert till.outcome("right") == "PAID"


@pytest.mark.parametrize(
    "words",
    [
        "copies=0",
        "copies=11",
        "lost=16",
        "slow_ms=-1",
        "late=perhaps",
        "order=random",
        "speed=3",
        "copies",
        "copies=",
        "copies=2,copies=3",
    ],
)
def test_words_that_are_no_switch_are_refused(words: str) -> None:
    with pytest.raises(ValueError):
        faults_of(words)


def test_words_may_be_separated_by_commas_or_spaces() -> None:
    expected = Faults(copies=2, lost=3, late=True, order="refund_first")
    assert faults_of("copies=2, lost=3 late=1,order=refund_first") == expected
    assert faults_of("") == Faults()


def till_event(till: Till, hold_id: str, payment_id: str) -> PaymentEvent:
    return PaymentEvent(
        kind="paid",
        payment_id=payment_id,
        room_id=till.shop.room_id,
        hold_id=hold_id,
        amount_cents=PRICE_CENTS,
        currency="CNY",
    )
