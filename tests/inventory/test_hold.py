"""The pure rules of holds: transitions as data, and what counts as the same command."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.codes import Outcome
from inventory.hold import (
    LINES_MAX,
    TRANSITIONS,
    Hold,
    HoldState,
    Line,
    WantedLine,
    after,
    asks_for,
    first_payment_outcome,
    is_due,
    merged,
)

RESOLVED = [Outcome.PAID, Outcome.CANCELLED, Outcome.EXPIRED]


def held(**changes: object) -> Hold:
    record: dict[str, object] = {
        "hold_id": "h",
        "buyer_id": "ann",
        "lines": [Line(sale_id="tea", product_id="longjing", quantity=2, price_cents=990)],
        "state": HoldState.HELD,
        "created_at_ms": 1_000,
        "deadline_ms": 61_000,
    }
    return Hold(**(record | changes))  # type: ignore[arg-type]


def paid_by(outcome: Outcome) -> dict[str, Any]:
    """What a payment sets besides."""
    return {"payment_id": "pay-1", "paid_late": outcome is Outcome.PAID_LATE}


@pytest.mark.parametrize("first", RESOLVED)
@pytest.mark.parametrize("second", RESOLVED)
def test_a_hold_resolves_exactly_once(first: Outcome, second: Outcome) -> None:
    resolved = after(held(), first, 2_000)
    with pytest.raises(ValueError, match="cannot happen"):
        after(resolved, second, 3_000)


@pytest.mark.parametrize("lapse", [Outcome.CANCELLED, Outcome.EXPIRED])
@pytest.mark.parametrize("late", [Outcome.PAID_LATE, Outcome.REFUND_DUE])
def test_a_payment_after_the_end_is_late_or_to_be_refunded(lapse: Outcome, late: Outcome) -> None:
    paid = after(after(held(), lapse, 2_000), late, 3_000, **paid_by(late))
    assert (paid.state, paid.payment_id) == (TRANSITIONS[late].after, "pay-1")
    assert first_payment_outcome(paid) is late


def test_a_payment_in_time_is_remembered_as_such() -> None:
    paid = after(held(), Outcome.PAID, 2_000, **paid_by(Outcome.PAID))
    assert first_payment_outcome(paid) is Outcome.PAID
    assert (paid.finished_at_ms, paid.paid_late) == (2_000, False)


def test_a_hold_is_due_from_its_deadline_on() -> None:
    assert not is_due(held(), 60_999)
    assert is_due(held(), 61_000)
    assert not is_due(held(state=HoldState.PAID), 61_000)


def test_the_amount_is_the_sum_of_the_lines() -> None:
    assert held().amount_cents == 2 * 990


quantities = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 99)), min_size=1)


@given(quantities)
def test_lines_of_one_sale_are_checked_as_their_sum(asked: list[tuple[str, int]]) -> None:
    lines = merged(WantedLine(sale, quantity) for sale, quantity in asked)
    names = [line.sale_id for line in lines]
    assert names == sorted(set(names))
    for line in lines:
        assert line.quantity == sum(units for sale, units in asked if sale == line.sale_id)


@pytest.mark.parametrize(
    "wanted",
    [
        [],
        [WantedLine("tea", 0)],
        [WantedLine("tea", -1)],
        [WantedLine("tea", 100)],
        [WantedLine("tea", 2), WantedLine("tea", -1)],
        [WantedLine(f"sale-{number}", 1) for number in range(LINES_MAX + 1)],
    ],
)
def test_a_cart_outside_its_limits_is_a_broken_contract(wanted: list[WantedLine]) -> None:
    with pytest.raises(ValueError, match="1 to"):
        merged(wanted)


def test_a_repeat_has_the_same_buyer_and_the_same_lines() -> None:
    assert asks_for(held(), "ann", [WantedLine("tea", 2)])
    assert not asks_for(held(), "bob", [WantedLine("tea", 2)])
    assert not asks_for(held(), "ann", [WantedLine("tea", 1)])
