"""The payment book: a payment is written down once, its first outcome stands, and money that must
go back has its refund in the same transaction."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from inventory.ledger.catalogue import Catalogue
from inventory.ledger.payments import ORPHAN, PAID_BACK, PaymentBook, Reported
from inventory.ledger.refunds import RefundBook
from inventory.payments.port import RefundState
from tests.inventory.payments.entries import record, settle
from tests.inventory.shop import Shop


def test_a_payment_is_recorded_once_and_its_first_outcome_stands(payments: PaymentBook) -> None:
    assert record(payments, "room", "hold")
    assert not record(payments, "room", "other", amount_cents=1)
    assert [each.amount_cents for each in payments.unsettled(1, 10)] == [990]
    settle(payments, ORPHAN)
    settle(payments, "PAID")
    assert payments.unsettled(1, 10) == []
    found = payments.payment("sandbox", "pay-1")
    assert found is not None
    assert (found.hold_id, found.outcome, found.settled_at_ms) == ("hold", ORPHAN, 2)
    assert payments.payment("another", "pay-1") is None


def test_unsettled_payments_come_oldest_first(payments: PaymentBook) -> None:
    for number in (3, 1, 2):
        payments.record([report(f"pay-{number}", received_at_ms=number)])
    assert [each.payment_id for each in payments.unsettled(9, 2)] == ["pay-1", "pay-2"]


def test_one_that_was_put_off_waits_until_its_time(payments: PaymentBook) -> None:
    record(payments, "room", "hold")
    [payment] = payments.unsettled(1, 10)
    payments.put_off(payment, 1_000, "why")
    assert payments.unsettled(999, 10) == []
    assert [each.tries for each in payments.unsettled(1_000, 10)] == [1]


def test_a_payment_delivered_many_times_at_once_is_new_once(payments: PaymentBook) -> None:
    def deliver(_delivery: int) -> list[bool]:
        return [known.is_new for known in payments.record([report("pay-1"), report("pay-1")])]

    with ThreadPoolExecutor(8) as pool:
        told = [is_new for group in pool.map(deliver, range(20)) for is_new in group]
    assert told.count(True) == 1


def test_what_is_known_of_a_payment_comes_with_it(
    shop: Shop, payments: PaymentBook, catalogue: Catalogue
) -> None:
    here, elsewhere = payments.record(
        [report("pay-1", room_id=shop.room_id), report("pay-2", room_id="nowhere")]
    )
    assert (here.room_currency, elsewhere.room_currency) == ("CNY", None)
    assert payments.known([report("pay-1", room_id=shop.room_id)]) == [here._replace(is_new=False)]


@pytest.mark.parametrize(
    ("outcome", "is_due"),
    [
        ("REFUND_DUE", True),
        ("SECOND_PAYMENT", True),
        (ORPHAN, True),
        ("PAID", False),
        ("PAID_LATE", False),
        (PAID_BACK, False),
    ],
)
def test_an_outcome_that_owes_money_comes_with_its_refund(
    payments: PaymentBook, refunds: RefundBook, outcome: str, is_due: bool
) -> None:
    record(payments, "room", "hold")
    settle(payments, outcome)
    settle(payments, outcome)
    found = refunds.of_room("room")
    assert [(it.payment_id, it.state, it.amount_cents, it.currency, it.reason) for it in found] == (
        [("pay-1", RefundState.DUE, 990, "CNY", outcome)] if is_due else []
    )


def test_an_outcome_that_came_too_late_owes_nothing(
    payments: PaymentBook, refunds: RefundBook
) -> None:
    record(payments, "room", "hold")
    settle(payments, "PAID")
    settle(payments, "REFUND_DUE")
    assert refunds.of_room("room") == []


def test_nothing_is_paid_back_of_nothing(payments: PaymentBook, refunds: RefundBook) -> None:
    record(payments, "room", "hold", amount_cents=0)
    settle(payments, ORPHAN)
    assert [refund.state for refund in refunds.of_room("room")] == [RefundState.DONE]


def report(payment_id: str, room_id: str = "room", received_at_ms: int = 1) -> Reported:
    return Reported(
        provider="sandbox",
        payment_id=payment_id,
        room_id=room_id,
        hold_id="hold",
        amount_cents=990,
        currency="CNY",
        received_at_ms=received_at_ms,
    )
