"""The rulebook: never older than a second, never older than one's own change, and asked once."""

import asyncio
from collections.abc import Sequence

import pytest

from rooms import rulebook as rulebook_module
from rooms.broker import BrokerUnavailable
from rooms.rulebook import Rulebook
from rooms.rules import Rules


class Clock:
    """What `time.monotonic` says."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


class HeldUp:
    """A source whose reads can be held up, or fail."""

    def __init__(self) -> None:
        self.rules = Rules(version="1")
        self.looked_at: list[str] = []
        self.is_away = False
        self.open = asyncio.Event()
        self.open.set()

    async def versions(self, room_ids: Sequence[str]) -> list[str]:
        return [self.rules.version for _ in room_ids]

    async def read(self, room_id: str) -> Rules:
        self.looked_at.append(room_id)
        read = self.rules
        await self.open.wait()
        if self.is_away:
            raise BrokerUnavailable("test")
        return read


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rulebook_module, "time", clock)
    return clock


@pytest.fixture
def source() -> HeldUp:
    return HeldUp()


async def test_a_copy_is_used_for_a_second_and_no_longer(clock: Clock, source: HeldUp) -> None:
    book = Rulebook(source)
    assert (await book.of("r")).version == "1"
    source.rules = Rules(version="2")
    clock.now_s += 0.99
    assert (await book.of("r")).version == "1"
    clock.now_s += 0.01
    assert (await book.of("r")).version == "2"


async def test_a_change_made_here_is_seen_at_once_also_past_a_look_under_way(
    clock: Clock, source: HeldUp
) -> None:
    book = Rulebook(source)
    source.open.clear()
    old = asyncio.create_task(book.of("r"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    clock.now_s += 0.1
    source.rules = Rules(version="2")
    book.forget("r")
    source.open.set()
    assert (await old).version == "1", "it asked before the change"
    assert (await book.of("r")).version == "2"
    assert (await book.of("r")).version == "2"


async def test_many_that_ask_at_once_look_once(clock: Clock, source: HeldUp) -> None:
    book = Rulebook(source)
    await asyncio.gather(*(book.of("r") for _ in range(50)))
    assert len(source.looked_at) == 1


async def test_one_who_goes_away_does_not_take_the_others_answer(
    clock: Clock, source: HeldUp
) -> None:
    book = Rulebook(source)
    source.open.clear()
    first, second = asyncio.create_task(book.of("r")), asyncio.create_task(book.of("r"))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    source.open.set()
    assert (await second).version == "1"


async def test_a_refresh_reads_only_what_changed_and_keeps_the_rest_fresh(
    clock: Clock, source: HeldUp
) -> None:
    book = Rulebook(source)
    for _ in range(5):
        assert versions(await book.refresh(["r", "s"])) == {"r": "1", "s": "1"}
        clock.now_s += 0.5
    await book.of("r")
    assert len(source.looked_at) == 2
    source.rules = Rules(version="2")
    assert versions(await book.refresh(["r", "s"])) == {"r": "2", "s": "2"}
    assert len(source.looked_at) == 4


async def test_the_last_copy_serves_while_the_source_is_away(clock: Clock, source: HeldUp) -> None:
    book = Rulebook(source)
    source.rules = Rules(version="1", banned=frozenset({"ann"}))
    await book.of("r")
    source.is_away = True
    clock.now_s += 60
    assert (await book.of("r")).banned == {"ann"}
    with pytest.raises(BrokerUnavailable):
        await book.of("never seen")


async def test_copies_are_bounded(
    clock: Clock, source: HeldUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulebook_module, "ROOMS_MAX", 3)
    book = Rulebook(source)
    for number in range(10):
        await book.of(f"room {number}")
    assert len(book._copies) == 3


def versions(found: dict[str, Rules]) -> dict[str, str]:
    return {room_id: rules.version for room_id, rules in found.items()}
