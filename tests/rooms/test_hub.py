"""The hub: one framed copy, one write per viewer per flush, nothing lost while joining."""

import asyncio

import pytest

from rooms.events import Delivery, Incoming
from rooms.hub import KEPT_WHILE_JOINING_MAX, Hub, latest_of_each_key


class Recorder:
    """A viewer that keeps what is written to it."""

    def __init__(self, user_id: str = "ann", encoding: str = "plain") -> None:
        self.user_id = user_id
        self.encoding = encoding
        self.writes: list[bytes] = []
        self.dropped = False

    def write(self, frames: bytes) -> None:
        self.writes.append(frames)

    def drop_slow(self) -> None:
        self.dropped = True


class Subscriptions:
    """The part of a broker that joining and leaving touch, counting what stands."""

    def __init__(self) -> None:
        self.standing: list[str] = []

    async def subscribe(self, room_id: str) -> None:
        self.standing.append(room_id)

    async def unsubscribe(self, room_id: str) -> None:
        self.standing.remove(room_id)


class FramingCounter:
    """Frames as `<payload>` and counts how often."""

    def __init__(self) -> None:
        self.framed = 0

    def __call__(self, payload: bytes) -> bytes:
        self.framed += 1
        return b"<" + payload + b">"


def event(payload: str, offset: int | None = None, **fields: str) -> Incoming:
    delivery = Delivery(fields.get("delivery", "critical"))
    return Incoming(delivery, fields.get("key", ""), fields.get("to", ""), offset, payload.encode())


@pytest.fixture
def framer() -> FramingCounter:
    return FramingCounter()


@pytest.fixture
def hub(framer: FramingCounter) -> Hub:
    return Hub({"plain": framer, "other": lambda payload: b"[" + payload + b"]"})


@pytest.fixture
def broker() -> Subscriptions:
    return Subscriptions()


async def seated(hub: Hub, broker: Subscriptions, *viewers: Recorder, room: str = "r") -> None:
    for viewer in viewers:
        await hub.join(room, viewer, broker)  # type: ignore[arg-type]
        hub.admit(room, viewer, after_offset=0)


async def flushed() -> None:
    """Two turns of the loop: one in which the flush was scheduled, one in which it ran."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_events_of_one_turn_leave_in_one_write_framed_once(
    hub: Hub, broker: Subscriptions, framer: FramingCounter
) -> None:
    viewers = [Recorder(f"u{number}") for number in range(10)]
    await seated(hub, broker, *viewers)
    for payload in ("a", "b", "c"):
        hub.deliver("r", event(payload))
    await flushed()
    assert [viewer.writes for viewer in viewers] == [[b"<a><b><c>"]] * 10
    assert framer.framed == 3


async def test_each_encoding_is_framed_for_itself(hub: Hub, broker: Subscriptions) -> None:
    plain, other = Recorder(), Recorder(encoding="other")
    await seated(hub, broker, plain, other)
    hub.deliver("r", event("a"))
    await flushed()
    assert (plain.writes, other.writes) == ([b"<a>"], [b"[a]"])


async def test_rooms_do_not_hear_each_other(hub: Hub, broker: Subscriptions) -> None:
    here, there = Recorder(), Recorder()
    await seated(hub, broker, here, room="here")
    await seated(hub, broker, there, room="there")
    hub.deliver("here", event("a"))
    await flushed()
    assert (here.writes, there.writes) == ([b"<a>"], [])


async def test_a_personal_event_reaches_every_tab_of_its_user_and_nobody_else(
    hub: Hub, broker: Subscriptions
) -> None:
    tab, other_tab, stranger = Recorder("ann"), Recorder("ann"), Recorder("bob")
    await seated(hub, broker, tab, other_tab, stranger)
    hub.deliver("r", event("yours", to="ann"))
    await flushed()
    assert (tab.writes, other_tab.writes, stranger.writes) == ([b"<yours>"], [b"<yours>"], [])


async def test_only_the_latest_state_of_a_key_is_sent() -> None:
    events = [
        event("1", delivery="state", key="stock:a"),
        event("2", delivery="chat"),
        event("3", delivery="state", key="stock:b"),
        event("4", delivery="state", key="stock:a"),
    ]
    assert [e.payload for e in latest_of_each_key(events)] == [b"2", b"3", b"4"]


async def test_what_happens_while_joining_follows_the_welcome_without_gap_or_double(
    hub: Hub, broker: Subscriptions
) -> None:
    viewer = Recorder()
    await hub.join("r", viewer, broker)  # type: ignore[arg-type]
    hub.deliver("r", event("in the snapshot", 7))
    hub.deliver("r", event("after it", 8))
    await flushed()
    assert viewer.writes == []
    hub.deliver("r", event("not flushed yet", 9))
    hub.admit("r", viewer, after_offset=7)
    await flushed()
    assert b"".join(viewer.writes) == b"<after it><not flushed yet>"


async def test_a_viewer_whose_welcome_never_comes_is_dropped_at_the_bound(
    hub: Hub, broker: Subscriptions
) -> None:
    viewer = Recorder()
    await hub.join("r", viewer, broker)  # type: ignore[arg-type]
    for number in range(KEPT_WHILE_JOINING_MAX + 1):
        hub.deliver("r", event("x", number + 1))
    await flushed()
    assert viewer.dropped


async def test_the_last_viewer_out_ends_the_subscription(hub: Hub, broker: Subscriptions) -> None:
    ann, bob = Recorder("ann"), Recorder("bob")
    await seated(hub, broker, ann, bob)
    assert broker.standing == ["r"]
    await hub.leave("r", ann, broker)  # type: ignore[arg-type]
    assert broker.standing == ["r"]
    await hub.leave("r", bob, broker)  # type: ignore[arg-type]
    assert broker.standing == []
    assert hub.statistics().rooms == 0


async def test_leaving_twice_is_harmless(hub: Hub, broker: Subscriptions) -> None:
    viewer = Recorder()
    await seated(hub, broker, viewer)
    await hub.leave("r", viewer, broker)  # type: ignore[arg-type]
    await hub.leave("r", viewer, broker)  # type: ignore[arg-type]
    assert broker.standing == []
