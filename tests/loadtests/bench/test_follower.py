"""What the benchmark makes of what its sampled viewers were told."""

import msgpack
from websockets.frames import Frame, Opcode

from loadtests.bench.follower import Follower, gaps, out_of_order, percentile


def frame(*message: object) -> bytes:
    return Frame(Opcode.BINARY, msgpack.packb(message)).serialize(mask=False)


def test_a_follower_times_numbered_events_and_counts_skipped_ones() -> None:
    follower = Follower()
    told = (
        frame("welcome", {"recovered": True}, {"position": {"epoch": "e", "offset": 6}})
        + frame("event", "comment", 7, 1_000, {})
        + frame("event", "likes", None, 1_000, {"delta": 1, "total": 1})
        + frame("event", "skipped", None, 1_000, {"count": 3})
        + frame("event", "comment", 11, 2_000, {})
    )
    follower.hear(told[:50], 1.005)
    follower.hear(told[50:], 2.25)
    assert follower.recovered is True and follower.position == ("e", 6)
    assert (follower.offsets, follower.skipped) == ([7, 11], 3)
    assert follower.latencies_ms == [1_250.0, 250.0]


def test_a_follower_knows_what_closed_it() -> None:
    follower = Follower()
    follower.hear(Frame(Opcode.CLOSE, (4008).to_bytes(2, "big")).serialize(mask=False), 0.0)
    assert follower.closed_with == 4008


def test_missing_numbers_are_gaps_and_repeated_ones_are_out_of_order() -> None:
    assert gaps([3, 4, 7], first=3, last=8) == 3
    assert out_of_order([3, 4, 4, 5, 3, 6]) == 2
    assert out_of_order([3, 4, 7]) == 0


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(ms) for ms in range(100, 0, -1)]
    assert percentile(values, 0.99) == 99
    assert percentile(values, 0.5) == 50
    assert percentile(values, 1.0) == 100
    assert percentile([7.0], 0.01) == 7
