"""What an arriving event is to a worker that knows where it is."""

from rooms.events import Delivery, Incoming, Position
from rooms.redis_broker.following import Arrival, Following


def event(offset: int | None, epoch: str = "e") -> Incoming:
    return Incoming(Delivery.CHAT, "", "", offset, b"", epoch)


def test_events_are_next_known_or_beyond_a_gap() -> None:
    following = Following(Position("e", 5))
    judged = {offset: following.judge(event(offset)) for offset in (4, 5, 6, 8)}
    assert judged == {4: Arrival.KNOWN, 5: Arrival.KNOWN, 6: Arrival.NEXT, 8: Arrival.GAP}


def test_events_without_a_number_are_always_next_but_not_from_another_stream() -> None:
    following = Following(Position("e", 5))
    assert following.judge(event(None)) is Arrival.NEXT
    assert following.judge(event(None, "other")) is Arrival.LOST
    assert following.judge(event(6, "other")) is Arrival.LOST


def test_only_numbered_events_move_the_position() -> None:
    following = Following(Position("e", 5))
    following.advance(event(None))
    assert following.position == Position("e", 5)
    following.advance(event(6))
    assert following.position == Position("e", 6)


def test_an_event_still_missing_at_the_second_probe_means_a_dead_subscription() -> None:
    following = Following(Position("e", 5))
    assert not following.is_behind(Position("e", 7))  # may be on its way
    assert following.is_behind(Position("e", 7))


def test_a_busy_room_is_not_taken_for_a_dead_one() -> None:
    following = Following(Position("e", 5))
    assert not following.is_behind(Position("e", 9))
    for offset in (6, 7, 8, 9):
        following.advance(event(offset))
    assert not following.is_behind(Position("e", 12))
