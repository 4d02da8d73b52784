"""The ring and its cursors: bounded, in order, and honest about what it no longer has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.events import Delivery, Incoming
from rooms.ring import EVENT_BYTES, Ring, framed


def event(payload: bytes) -> Incoming:
    return Incoming(Delivery.CHAT, "", "", None, payload)


def filled(count: int, bytes_max: int = 1_000_000) -> Ring:
    ring = Ring(bytes_max)
    for number in range(count):
        ring.append(event(b"%d" % number))
    return ring


def test_a_cursor_at_the_head_has_nothing_to_come() -> None:
    ring = filled(3)
    assert ring.since(ring.head) == []


@given(count=st.integers(1, 60), back=st.integers(0, 60))
def test_what_follows_a_cursor_is_everything_from_it_in_order(count: int, back: int) -> None:
    ring = filled(count)
    cursor = max(0, count - back)
    expected = [b"%d" % number for number in range(cursor, count)]
    assert [each.payload for each in ring.since(cursor)] == expected


@given(sizes=st.lists(st.integers(0, 400), min_size=1, max_size=60))
def test_the_ring_stays_within_its_bytes_and_keeps_the_newest(sizes: list[int]) -> None:
    ring = Ring(bytes_max=1_000)
    for size in sizes:
        ring.append(event(b"x" * size))
    kept = ring.since(ring.tail)
    assert kept[-1].payload == b"x" * sizes[-1]
    assert len(kept) == 1 or sum(len(e.payload) + EVENT_BYTES for e in kept) <= 1_000
    assert ring.head == len(sizes)


def test_a_cursor_that_the_ring_moved_past_is_said() -> None:
    ring = filled(100, bytes_max=10 * EVENT_BYTES)
    assert not ring.has(0)
    with pytest.raises(LookupError):
        ring.since(0)
    assert ring.has(ring.tail)


def test_a_blob_is_its_framed_events_in_order() -> None:
    assert framed([event(b"a"), event(b"b")], lambda p: b"<" + p + b">") == b"<a><b>"
