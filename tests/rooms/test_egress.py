"""What each class loses when a viewer is slow: chat its oldest, state all but the latest."""

from hypothesis import given
from hypothesis import strategies as st

from rooms.egress import catch_up, in_step
from rooms.events import Delivery, Incoming


def event(delivery: Delivery, payload: str, key: str = "") -> Incoming:
    return Incoming(delivery, key, "", None, payload.encode())


def critical(payload: str) -> Incoming:
    return event(Delivery.CRITICAL, payload)


def chat(payload: str) -> Incoming:
    return event(Delivery.CHAT, payload)


def stock(payload: str, key: str = "stock:a") -> Incoming:
    return event(Delivery.STATE, payload, key)


def payloads(events: list[Incoming]) -> list[str]:
    return [each.payload.decode() for each in events]


def test_in_step_everything_comes_but_replaced_states() -> None:
    events = [stock("1"), chat("c1"), stock("2", "stock:b"), critical("sale"), stock("3")]
    assert payloads(in_step(events)) == ["c1", "2", "sale", "3"]


def test_behind_the_newest_chat_that_fits_is_kept_and_the_rest_counted() -> None:
    events = [chat("old1"), critical("sale"), chat("old2"), chat("new1"), chat("new2")]
    caught = catch_up(events, chat_bytes_max=8)
    assert payloads(caught.events) == ["sale", "new1", "new2"]
    assert caught.skipped == 2


def test_a_long_comment_does_not_let_an_older_short_one_through() -> None:
    caught = catch_up([chat("a"), chat("long comment"), chat("b")], chat_bytes_max=4)
    assert payloads(caught.events) == ["b"]
    assert caught.skipped == 2


DELIVERIES = st.sampled_from(list(Delivery))
EVENTS = st.lists(
    st.builds(event, DELIVERIES, st.text("xyz", max_size=9), st.sampled_from(["a", "b"]))
)


@given(EVENTS, st.integers(0, 50))
def test_critical_events_are_never_shed_and_order_is_kept(
    events: list[Incoming], chat_bytes_max: int
) -> None:
    caught = catch_up(events, chat_bytes_max)
    ids = [id(each) for each in events]
    positions = [ids.index(id(each)) for each in caught.events]
    assert positions == sorted(positions)
    kept = set(map(id, caught.events))
    assert all(id(e) in kept for e in events if e.delivery is Delivery.CRITICAL)
    chat_kept = [e for e in caught.events if e.delivery is Delivery.CHAT]
    assert sum(len(e.payload) for e in chat_kept) <= chat_bytes_max
    assert len(chat_kept) + caught.skipped == sum(e.delivery is Delivery.CHAT for e in events)
    for key in ("a", "b"):
        for delivery in (Delivery.STATE, Delivery.AMBIENT):
            of_key = [e for e in events if e.delivery is delivery and e.key == key]
            assert [e for e in caught.events if e.delivery is delivery and e.key == key] == (
                of_key[-1:]
            )
