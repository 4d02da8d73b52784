"""How many units were taken when."""

import pytest

from loadtests.oracle.occupancy import FOREVER, Occupancy, Span

TWO_THEN_ONE = Occupancy([Span(10, 20, 1), Span(10, FOREVER, 1)])


@pytest.mark.parametrize(
    ("first_ms", "last_ms", "most"),
    [(0, 9, 0), (0, 10, 2), (10, 10, 2), (19, 30, 2), (20, 30, 1), (25, 26, 1), (0, 100, 2)],
)
def test_the_most_between_two_moments(first_ms: int, last_ms: int, most: int) -> None:
    assert TWO_THEN_ONE.most_between(first_ms, last_ms) == most


def test_a_unit_that_changes_hands_within_a_millisecond_is_one_unit() -> None:
    assert Occupancy([Span(10, 20, 1), Span(20, 30, 1)]).peak() == 1


def test_a_span_without_length_takes_nothing() -> None:
    assert Occupancy([Span(10, 10, 5)]).peak() == 0


def test_nothing_was_ever_taken() -> None:
    assert Occupancy([]).peak() == 0
    assert Occupancy([]).most_between(0, 100) == 0
