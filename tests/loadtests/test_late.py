"""Who pays too late is paid back, which is an answer; who paid in time is owed another."""

import pytest

from loadtests.oracle.late import Late, late_payers, paid_words, slow_words
from loadtests.people.ends import is_end
from server.wire.views import HoldStateView
from tests.loadtests.evidence import (
    ANN,
    CAT,
    DEADLINE_MS,
    hold,
    honest,
    with_order,
    with_record,
)

IN_TIME_MS, LATE_MS = DEADLINE_MS - 1, DEADLINE_MS + 40


@pytest.mark.parametrize(
    ("state", "finished_at_ms"),
    [
        ("paid", IN_TIME_MS),
        ("paid", LATE_MS),  # the unit was still there
        ("refund_due", DEADLINE_MS),
        ("refund_due", LATE_MS),
        ("refunded", LATE_MS),
    ],
)
def test_a_payment_is_answered_by_paid_and_after_the_deadline_by_a_refund(
    state: HoldStateView, finished_at_ms: int
) -> None:
    assert is_end(hold(ANN, state, finished_at_ms), DEADLINE_MS)


@pytest.mark.parametrize(
    ("state", "finished_at_ms"),
    [
        ("held", None),
        ("expired", LATE_MS),  # and what of the money?
        ("cancelled", LATE_MS),
        ("refund_due", IN_TIME_MS),
        ("refunded", IN_TIME_MS),
        ("refunded", None),
    ],
)
def test_nothing_else_answers_a_payment(state: HoldStateView, finished_at_ms: int | None) -> None:
    assert not is_end(hold(ANN, state, finished_at_ms), DEADLINE_MS)


def test_silence_answers_no_payment() -> None:
    assert not is_end(None, DEADLINE_MS)


def test_the_deadline_is_the_one_that_paying_extended() -> None:
    assert not is_end(hold(ANN, "refunded", LATE_MS), DEADLINE_MS + 3_000)


def test_late_payers_are_counted_and_those_apart_who_meant_to_be_in_time() -> None:
    run = honest()
    assert late_payers(run.sales) == Late(paid_back=0, too_slow=0)
    run = with_order(with_order(run, ANN, state="refunded"), CAT, state="refund_due")
    assert late_payers(run.sales) == Late(paid_back=2, too_slow=2)
    assert late_payers(with_record(run, 3, kind="LatePayer").sales) == Late(2, 1)


def test_a_result_says_what_became_of_those_who_paid_and_got_nothing() -> None:
    assert paid_words({"paid": 100, "paid_back": 0}) == "100 paid"
    assert paid_words({"paid": 127, "paid_back": 27}) == "127 paid (27 of them too late: paid back)"


def test_a_slow_machine_is_named_only_where_it_made_people_late() -> None:
    assert slow_words({"too_slow": 0}) == []
    for count, who in ((1, "1 buyer was"), (9, "9 buyers were")):
        assert slow_words({"too_slow": count})[0].startswith(f"{who} too late")
