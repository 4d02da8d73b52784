"""Paying a hold: in time, late, twice, wrongly, and racing its expiry."""

import asyncio

import pytest

from inventory.codes import Outcome
from inventory.hold import HoldState
from tests.inventory.shop import HOLD_MS, PRICE_CENTS, Shop


@pytest.mark.parametrize("paying_first", [True, False])
async def test_a_payment_racing_expiry_ends_whole_in_either_order(
    shop: Shop, paying_first: bool
) -> None:
    await shop.open(units=50)
    holds = [await shop.hold(f"buyer-{n}") for n in range(50)]
    await shop.advance(HOLD_MS)
    pays = [shop.pay(hold_id, f"pay-{n}") for n, hold_id in enumerate(holds)]
    sweeps = [shop.store.expire_due(shop.room_id, 10) for _ in range(5)]
    await asyncio.gather(*((pays + sweeps) if paying_first else (sweeps + pays)))
    assert await shop.counts() == (0, 0, 50)
    for hold_id in holds:
        hold = await shop.store.hold(shop.room_id, hold_id)
        assert hold is not None and hold.state is HoldState.PAID


async def test_a_wrong_amount_is_to_be_refunded_and_leaves_the_hold_alone(shop: Shop) -> None:
    await shop.open()
    hold_id = await shop.hold("ann")
    for _ in range(2):
        wrong = await shop.pay(hold_id, "pay-wrong", PRICE_CENTS - 1)
        assert wrong.outcome is Outcome.REFUND_DUE
    assert await shop.counts() == (9, 1, 0)
    assert (await shop.pay(hold_id, "pay-right")).outcome is Outcome.PAID
    assert (await shop.pay(hold_id, "pay-wrong", 1)).outcome is Outcome.REFUND_DUE


async def test_each_payment_gets_the_same_answer_every_time(shop: Shop) -> None:
    await shop.open(units=1)
    hold_id = await shop.hold("ann")
    assert (await shop.pay(hold_id, "pay-1")).outcome is Outcome.PAID
    replayed = await shop.pay(hold_id, "pay-1")
    assert (replayed.outcome, replayed.first_outcome) == (Outcome.REPLAYED, Outcome.PAID)
    for _ in range(2):
        assert (await shop.pay(hold_id, "pay-2")).outcome is Outcome.SECOND_PAYMENT
    assert (await shop.pay(shop.new_id(), "pay-3")).outcome is Outcome.UNKNOWN_HOLD


@pytest.mark.parametrize("lapse", ["cancel", "expire"])
async def test_a_late_payment_is_honoured_while_units_are_free(shop: Shop, lapse: str) -> None:
    await shop.open(units=1, per_buyer_max=1)
    hold_id = await _lapsed(shop, lapse)
    late = await shop.pay(hold_id)
    assert (late.outcome, await shop.counts()) == (Outcome.PAID_LATE, (0, 0, 1))
    assert (await shop.pay(hold_id)).first_outcome is Outcome.PAID_LATE
    assert (await shop.reserve("ann")).outcome is Outcome.USER_LIMIT


@pytest.mark.parametrize("lapse", ["cancel", "expire"])
async def test_a_late_payment_for_units_that_are_gone_is_to_be_refunded(
    shop: Shop, lapse: str
) -> None:
    await shop.open(units=1)
    hold_id = await _lapsed(shop, lapse)
    await shop.hold("bob")
    late = await shop.pay(hold_id)
    assert (late.outcome, await shop.counts()) == (Outcome.REFUND_DUE, (0, 1, 0))
    assert (await shop.pay(hold_id)).first_outcome is Outcome.REFUND_DUE
    assert (await shop.pay(hold_id, "pay-2")).outcome is Outcome.SECOND_PAYMENT


async def test_a_late_payment_does_not_take_a_buyer_over_the_limit(shop: Shop) -> None:
    await shop.open(units=5, per_buyer_max=1)
    hold_id = await _lapsed(shop, "cancel")
    await shop.hold("ann")
    assert (await shop.pay(hold_id)).outcome is Outcome.REFUND_DUE


async def test_a_late_payment_takes_nothing_from_a_paused_sale(shop: Shop) -> None:
    await shop.open(units=5)
    live, lapsed = await shop.hold("bob"), await _lapsed(shop, "cancel")
    await shop.plant("tea", paused=True)
    assert (await shop.pay(lapsed)).outcome is Outcome.REFUND_DUE
    assert (await shop.pay(live, "pay-2")).outcome is Outcome.PAID


async def _lapsed(shop: Shop, lapse: str) -> str:
    hold_id = await shop.hold("ann")
    if lapse == "cancel":
        await shop.cancel(hold_id, "ann")
    else:
        await shop.advance(HOLD_MS)
        await shop.store.expire_due(shop.room_id)
    return hold_id
