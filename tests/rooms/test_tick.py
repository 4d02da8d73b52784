"""Pacing: an idle room flushes at once, a busy one gathers, a costly flush stretches the tick."""

import pytest

from rooms.tick import FLUSH_SHARE_MAX, TICK_MIN_S, tick_s, wait_s


def test_an_idle_room_flushes_at_once() -> None:
    assert wait_s(now_s=10.0, flushed_at_s=9.0, cost_s=0.001) == 0.0


def test_a_busy_room_gathers_until_the_tick_is_over() -> None:
    assert wait_s(now_s=10.0, flushed_at_s=9.995, cost_s=0.001) == (9.995 + TICK_MIN_S) - 10.0


def test_five_thousand_viewers_make_the_tick_a_tenth_of_a_second() -> None:
    assert tick_s(cost_s=5_000 * 10e-6) == pytest.approx(0.1)


def test_flushing_leaves_time_for_everything_else() -> None:
    for cost_s in (0.0, 0.01, 0.05, 0.5):
        assert cost_s <= tick_s(cost_s) * FLUSH_SHARE_MAX + 1e-12
