"""Payments that race their hold's expiry, come twice, late, together, or for units that are gone:
each ends in one recorded outcome, and no unit has two owners.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from inventory.ledger.engine import open_engine
from inventory.ledger.payments import PaymentBook
from tests.faults.market import Market
from tests.harness import LiveServer, new_id

HOLD_MS = 60_000
UNITS = 12
PAID_BACK = ("refund_due", "refunded")  # the money goes back by itself, sooner or later


@pytest.fixture
async def market(live_server: LiveServer) -> AsyncIterator[Market]:
    async with await Market.open(live_server, UNITS) as market:
        yield market


async def outcomes(market: Market, payments: list[str]) -> list[str]:
    """What SQL says of payments, once it says something of each."""
    engine = open_engine(f"sqlite:///{market.server.data_dir / 'kaibo.db'}")
    book = PaymentBook(engine)
    try:
        async with asyncio.timeout(20):
            while True:
                found = [book.payment("sandbox", payment_id) for payment_id in payments]
                told = [each.outcome for each in found if each is not None and each.outcome]
                if len(told) == len(payments):
                    return told
                await asyncio.sleep(0.05)
    finally:
        engine.dispose()


async def held(market: Market) -> list[tuple[str, str]]:
    """Every unit held, each by a buyer of its own: tokens and reservation ids."""
    buyers = [(market.buyer(), new_id()) for _ in range(UNITS)]
    assert {(await market.reserve(*each)).code for each in buyers} == {"HELD"}
    return buyers


@pytest.mark.parametrize("pays_first", [True, False])
async def test_a_payment_and_an_expiry_that_meet(market: Market, pays_first: bool) -> None:
    """Everything becomes due at one moment, while payments come, each twice, and newcomers ask."""
    buyers = await held(market)
    payments = [f"pay_{reservation_id}" for _, reservation_id in buyers]
    reports = [
        market.report(reservation_id, payment_id)
        for (_, reservation_id), payment_id in zip(buyers, payments, strict=True)
        for _ in range(2)
    ]
    newcomers = [(market.buyer(), new_id()) for _ in range(UNITS)]
    asks = [market.reserve(*each) for each in newcomers]
    await market.pass_time(HOLD_MS)
    first, second = (reports, asks) if pays_first else (asks, reports)
    await asyncio.gather(*first, *second)
    told = await outcomes(market, payments)
    assert set(told) <= {"PAID", "PAID_LATE", "REFUND_DUE"}
    states = [await market.state(*each) for each in buyers]
    for state, outcome in zip(states, told, strict=True):
        assert (state in PAID_BACK) == (outcome == "REFUND_DUE")
        assert (state == "paid") == (outcome != "REFUND_DUE")
    new_states = [await market.state(*each) for each in newcomers if each[1] in market.kept]
    available, held_now, sold = await market.stock()
    assert sold == Counter(told)["PAID"] + Counter(told)["PAID_LATE"]
    assert (held_now, available) == (new_states.count("held"), UNITS - sold - held_now)
    await market.audit()


async def test_a_late_payment_gets_its_unit_or_its_money(market: Market) -> None:
    buyers = await held(market)
    await market.pass_time(HOLD_MS)
    others = [(market.buyer(), new_id()) for _ in range(UNITS - 1)]
    assert {(await market.reserve(*each)).code for each in others} == {"HELD"}
    payments = [f"pay_{new_id()}" for _ in range(2)]
    for (_, reservation_id), payment_id in zip(buyers[:2], payments, strict=True):
        await market.report(reservation_id, payment_id)
    assert await outcomes(market, payments) == ["PAID_LATE", "REFUND_DUE"]
    assert await market.state(*buyers[0]) == "paid"
    assert await market.state(*buyers[1]) in PAID_BACK
    assert await market.stock() == (0, UNITS - 1, 1)
    await market.audit()


async def test_one_report_many_times_at_once_pays_once(market: Market) -> None:
    token, mine = (await held(market))[0]
    await asyncio.gather(*(market.report(mine, f"pay_{mine}") for _ in range(20)))
    assert await outcomes(market, [f"pay_{mine}"]) == ["PAID"]
    assert await market.state(token, mine) == "paid"
    assert await market.stock() == (0, UNITS - 1, 1)
    await market.audit()


async def test_two_payments_of_one_hold_at_once_are_one_and_one_to_refund(market: Market) -> None:
    _, mine = (await held(market))[0]
    payments = [f"pay_{number}_{mine}" for number in range(4)]
    await asyncio.gather(*(market.report(mine, payment_id) for payment_id in payments))
    told = Counter(await outcomes(market, payments))
    assert told == {"PAID": 1, "SECOND_PAYMENT": 3}
    assert await market.stock() == (0, UNITS - 1, 1)
    await market.audit()
