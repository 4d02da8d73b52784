"""The hub: one framed copy, one write per viewer per flush, nothing lost while joining."""

import asyncio

import pytest

from rooms.events import Delivery, Incoming
from rooms.hub import Hub, Marks
from rooms.tick import TICK_MIN_S


class Recorder:
    """A viewer that keeps what is written to it."""

    def __init__(self, user_id: str = "ann", encoding: str = "plain") -> None:
        self.user_id = user_id
        self.encoding = encoding
        self.is_audience = True
        self.writes: list[bytes] = []
        self.dropped = False
        self.lost = False

    def write(self, frames: bytes) -> None:
        self.writes.append(frames)

    def drop_slow(self) -> None:
        self.dropped = True

    def drop_lost(self) -> None:
        self.lost = True


class Subscriptions:
    """The part of a broker that joining and leaving touch, counting what stands."""

    def __init__(self) -> None:
        self.standing: list[str] = []

    async def subscribe(self, room_id: str) -> int:
        self.standing.append(room_id)
        return 0

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
    return Hub(
        {"plain": framer, "other": lambda payload: b"[" + payload + b"]"},
        Marks(soft_bytes=40, hard_bytes=10_000),
        lambda count: b"skipped %d" % count,
    )


@pytest.fixture
def broker() -> Subscriptions:
    return Subscriptions()


async def seated(hub: Hub, broker: Subscriptions, *viewers: Recorder, room: str = "r") -> None:
    for viewer in viewers:
        await hub.join(room, viewer, broker)
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


async def test_what_happens_while_joining_follows_the_welcome_without_gap_or_double(
    hub: Hub, broker: Subscriptions
) -> None:
    viewer = Recorder()
    await hub.join("r", viewer, broker)
    hub.deliver("r", event("in the snapshot", 7))
    hub.deliver("r", event("after it", 8))
    await flushed()
    assert viewer.writes == []
    hub.deliver("r", event("not flushed yet", 9))
    hub.admit("r", viewer, after_offset=7)
    await flushed()
    assert b"".join(viewer.writes) == b"<after it><not flushed yet>"


async def test_a_viewer_whose_welcome_never_comes_is_dropped_when_the_ring_moves_on(
    hub: Hub, broker: Subscriptions
) -> None:
    viewer = Recorder()
    await hub.join("r", viewer, broker)
    for number in range(200):
        hub.deliver("r", event("x" * 100, number + 1))
    await flushed()
    assert viewer.dropped
    assert viewer.writes == []


async def test_a_full_viewer_is_written_nothing_and_then_what_its_classes_kept(
    hub: Hub, broker: Subscriptions
) -> None:
    slow, quick = Recorder("slow"), Recorder("quick")
    await seated(hub, broker, slow, quick)
    hub.fall_behind("r", slow)
    chat = [event(f"comment {number}", delivery="chat") for number in range(9)]
    for each in (*chat, event("1", delivery="state", key="s"), event("sale")):
        hub.deliver("r", each)
    hub.deliver("r", event("2", delivery="state", key="s"))
    hub.deliver("r", event("yours", to="slow"))
    await flushed()
    assert slow.writes == []
    assert quick.writes[-1].endswith(b"<sale><2>")
    hub.drained("r", slow)
    kept = b"".join(b"<comment %d>" % number for number in range(5, 9))
    assert slow.writes == [b"<skipped 5>" + kept + b"<sale><2><yours>"]
    hub.deliver("r", event("next"))
    await flushed()
    assert slow.writes[-1] == quick.writes[-1] == b"<next>"


async def test_a_viewer_past_the_hard_mark_is_dropped_and_the_others_go_on(
    hub: Hub, broker: Subscriptions
) -> None:
    frozen, quick = Recorder("frozen"), Recorder("quick")
    await seated(hub, broker, frozen, quick)
    hub.fall_behind("r", frozen)
    for number in range(200):
        hub.deliver("r", event("y" * 100, number + 1))
    await flushed()
    assert frozen.dropped
    assert frozen.writes == []
    assert b"".join(quick.writes).count(b"<") == 200
    assert hub.statistics().dropped == 1


async def test_a_viewer_that_fills_up_during_a_flush_has_that_flush_and_no_more(
    hub: Hub, broker: Subscriptions
) -> None:
    slow = Recorder("slow")
    write = slow.write

    def fill_up(frames: bytes) -> None:
        write(frames)
        hub.fall_behind("r", slow)

    slow.write = fill_up  # type: ignore[method-assign]
    await seated(hub, broker, slow)
    hub.deliver("r", event("a"))
    await flushed()
    hub.deliver("r", event("b"))
    await flushed()
    assert slow.writes == [b"<a>"]
    slow.write = write  # type: ignore[method-assign]
    hub.drained("r", slow)
    assert slow.writes == [b"<a>", b"<b>"]


async def test_a_busy_room_gathers_a_tick_and_critical_events_do_not_wait_for_it(
    hub: Hub, broker: Subscriptions
) -> None:
    viewer = Recorder()
    await seated(hub, broker, viewer)
    hub.deliver("r", event("first", delivery="chat"))
    await flushed()
    hub.deliver("r", event("second", delivery="chat"))
    hub.deliver("r", event("third", delivery="chat"))
    await flushed()
    assert viewer.writes == [b"<first>"], "the tick is not over"
    hub.deliver("r", event("price"))
    await flushed()
    assert viewer.writes == [b"<first>", b"<second><third><price>"]
    hub.deliver("r", event("fourth", delivery="chat"))
    async with asyncio.timeout(50 * TICK_MIN_S):
        while len(viewer.writes) < 3:
            await asyncio.sleep(TICK_MIN_S / 4)
    assert viewer.writes[-1] == b"<fourth>"


async def test_joining_a_busy_room_neither_doubles_nor_loses(
    hub: Hub, broker: Subscriptions
) -> None:
    first, late = Recorder("first"), Recorder("late")
    await seated(hub, broker, first)
    hub.deliver("r", event("a", 1, delivery="chat"))
    await flushed()
    hub.deliver("r", event("b", 2, delivery="chat"))  # waits for the tick
    await hub.join("r", late, broker)
    hub.deliver("r", event("c", 3, delivery="chat"))
    hub.admit("r", late, after_offset=2)  # its snapshot was read when `b` was published
    hub.deliver("r", event("d", 4))
    await flushed()
    assert b"".join(first.writes) == b"<a><b><c><d>"
    assert b"".join(late.writes) == b"<c><d>"


async def test_a_welcome_that_is_ahead_of_this_worker_is_not_told_twice(
    hub: Hub, broker: Subscriptions
) -> None:
    first, late = Recorder("first"), Recorder("late")
    await seated(hub, broker, first)
    await hub.join("r", late, broker)
    hub.admit("r", late, after_offset=2)  # its snapshot holds 1 and 2, which are still on their way
    hub.deliver("r", event("a", 1))
    await flushed()
    hub.deliver("r", event("stock", delivery="state", key="s"))
    hub.deliver("r", event("b", 2))
    await flushed()
    hub.deliver("r", event("c", 3))
    await flushed()
    assert b"".join(first.writes) == b"<a><stock><b><c>"
    assert b"".join(late.writes) == b"<stock><c>"


async def test_a_lost_stream_closes_everybody(hub: Hub, broker: Subscriptions) -> None:
    ann, bob = Recorder("ann"), Recorder("bob")
    await seated(hub, broker, ann)
    await hub.join("r", bob, broker)
    hub.lost("r")
    assert ann.lost
    assert bob.lost


async def test_the_last_viewer_out_ends_the_subscription(hub: Hub, broker: Subscriptions) -> None:
    ann, bob = Recorder("ann"), Recorder("bob")
    await seated(hub, broker, ann, bob)
    assert broker.standing == ["r"]
    await hub.leave("r", ann, broker)
    assert broker.standing == ["r"]
    await hub.leave("r", bob, broker)
    assert broker.standing == []
    assert hub.statistics().rooms == 0


async def test_who_is_dismissed_is_written_nothing_more_and_still_leaves_in_order(
    hub: Hub, broker: Subscriptions
) -> None:
    ending, lagging, staying = Recorder("ending"), Recorder("lagging"), Recorder("staying")
    await seated(hub, broker, ending, lagging, staying)
    hub.fall_behind("r", lagging)
    hub.deliver("r", event("a"))  # its flush is due already
    hub.dismiss("r", ending)
    hub.dismiss("r", lagging)
    hub.drained("r", lagging)
    hub.deliver("r", event("yours", to="ending"))
    await flushed()
    assert (ending.writes, lagging.writes, staying.writes) == ([], [], [b"<a>"])
    assert hub.audiences() == {"r": 1}
    for viewer in (ending, lagging, staying):
        await hub.leave("r", viewer, broker)
    assert broker.standing == []


async def test_leaving_twice_is_harmless(hub: Hub, broker: Subscriptions) -> None:
    viewer = Recorder()
    await seated(hub, broker, viewer)
    await hub.leave("r", viewer, broker)
    await hub.leave("r", viewer, broker)
    assert broker.standing == []
