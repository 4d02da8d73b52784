"""The gate: few at once, the others wait, for a bounded time and in a bounded number."""

import asyncio

import pytest

from inventory.ledger.engine import LedgerUnavailable
from server import write_gate
from server.write_gate import AT_ONCE_MAX, WriteGate


async def test_few_are_inside_at_once_and_all_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, inside, most = WriteGate(), 0, 0

    async def write() -> None:
        nonlocal inside, most
        async with gate.open():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(write() for _ in range(20)))
    assert most == AT_ONCE_MAX


async def test_one_that_waits_too_long_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_gate, "WAIT_TIMEOUT_S", 0.01)
    gate = WriteGate()
    async with gate.open(), gate.open():
        with pytest.raises(LedgerUnavailable, match="too slow"):
            async with gate.open():
                raise AssertionError("it came in")
    async with gate.open():
        pass


async def test_one_too_many_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_gate, "WAITING_MAX", 0)
    with pytest.raises(LedgerUnavailable, match="too many"):
        async with WriteGate().open():
            raise AssertionError("it came in")


async def test_a_write_that_fails_gives_its_place_back() -> None:
    gate = WriteGate()
    for _ in range(AT_ONCE_MAX + 1):
        with pytest.raises(ValueError, match="a bug"):
            async with gate.open():
                raise ValueError("a bug")
