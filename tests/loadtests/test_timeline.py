"""Seconds, percentiles and errors, as they are added up."""

import pytest

from loadtests.timeline import Timeline, rounded_ms


@pytest.mark.parametrize(
    ("ms", "step"), [(-3, 0), (0.4, 0), (999.4, 999), (1_234, 1_230), (12_345, 12_300)]
)
def test_a_time_is_counted_in_steps(ms: float, step: int) -> None:
    assert rounded_ms(ms) == step


def test_percentiles_are_of_all_that_was_counted() -> None:
    timeline = Timeline()
    for ms in range(1, 101):
        timeline.took(0.5, "buy", ms)
    timeline.took(1.5, "buy", 1_000, count=100)
    first = timeline.series()[0].events["buy"]
    assert (first.count, first.p50_ms, first.p95_ms, first.p99_ms, first.max_ms) == (
        100,
        50,
        95,
        99,
        100,
    )
    assert timeline.total("buy").p50_ms == 100 and timeline.total("buy").count == 200


def test_errors_are_told_apart_by_code_and_not_counted_as_times() -> None:
    timeline = Timeline()
    timeline.failed(2.9, "join", "TimeoutError", count=3)
    timeline.failed(3.0, "join", "1012")
    assert timeline.totals()["join"].errors == 4 and timeline.totals()["join"].count == 0
    assert [(each.code, each.count) for each in timeline.errors()] == [
        ("TimeoutError", 3),
        ("1012", 1),
    ]


def test_a_second_without_news_shows_who_was_there_before() -> None:
    timeline = Timeline()
    timeline.connected(0.1, "people", 3)
    timeline.connected(0.2, "swarm 0", 10)
    timeline.connected(2.0, "people", 1)
    assert [second.viewers for second in timeline.series()] == [13, 13, 11]
    assert timeline.viewers_now() == 11


def test_nothing_happened() -> None:
    assert Timeline().series() == [] and Timeline().totals() == {}
