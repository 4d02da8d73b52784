"""Group commit: what comes together is written together, and one cannot spoil it for the others."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from inventory.ledger import grouped
from inventory.ledger.engine import LedgerUnavailable
from inventory.ledger.grouped import Grouped


class Disk:
    """Takes groups when a test lets it."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.free = threading.Event()
        self.free.set()

    def commit(self, items: Sequence[int]) -> list[int]:
        assert self.free.wait(10)
        self.groups.append(list(items))
        if any(item < 0 for item in items):
            raise ValueError("a negative item")
        if any(item == 0 for item in items):
            raise LedgerUnavailable("no database")
        return [item * 10 for item in items]


async def test_one_item_goes_at_once_and_those_that_come_meanwhile_go_together() -> None:
    disk = Disk()
    disk.free.clear()
    write = Grouped(disk.commit)
    first = asyncio.create_task(write(1))
    await asyncio.sleep(0)
    others = [asyncio.create_task(write(number)) for number in range(2, 50)]
    await asyncio.sleep(0)
    disk.free.set()
    assert await first == 10
    assert await asyncio.gather(*others) == [number * 10 for number in range(2, 50)]
    assert disk.groups == [[1], list(range(2, 50))]


async def test_an_item_that_cannot_be_written_is_told_so_and_its_neighbours_are_written() -> None:
    disk = Disk()
    write = Grouped(disk.commit)
    told = await asyncio.gather(*(write(it) for it in (1, -2, 3)), return_exceptions=True)
    assert (told[0], told[2]) == (10, 30)
    assert isinstance(told[1], ValueError)


async def test_a_database_that_is_away_is_told_to_all_and_asked_once() -> None:
    disk = Disk()
    write = Grouped(disk.commit)
    told = await asyncio.gather(*(write(it) for it in (1, 0, 3)), return_exceptions=True)
    assert [type(each) for each in told] == [LedgerUnavailable] * 3
    assert len(disk.groups) == 1
    assert await write(4) == 40, "and it is asked again"


async def test_one_too_many_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouped, "WAITING_MAX", 2)
    disk = Disk()
    disk.free.clear()
    write = Grouped(disk.commit)
    waiting = [asyncio.create_task(write(number)) for number in (1, 2)]
    await asyncio.sleep(0)
    waiting += [asyncio.create_task(write(number)) for number in (3, 4)]
    await asyncio.sleep(0)
    with pytest.raises(LedgerUnavailable, match="too many"):
        await write(5)
    disk.free.set()
    assert await asyncio.gather(*waiting) == [10, 20, 30, 40]


async def test_who_stops_waiting_keeps_nobody_else_waiting() -> None:
    disk = Disk()
    disk.free.clear()
    write = Grouped(disk.commit)
    first = asyncio.create_task(write(1))
    await asyncio.sleep(0)
    gone, stays = asyncio.create_task(write(2)), asyncio.create_task(write(3))
    await asyncio.sleep(0)
    gone.cancel()
    disk.free.set()
    assert (await first, await stays) == (10, 30)
    assert gone.cancelled()
