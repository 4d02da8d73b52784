"""Draining: everyone is asked once, nobody all at once, and each is told when to come back."""

import asyncio
import time

import pytest

from server import drain as drain_module
from server.drain import drain


class Guest:
    def __init__(self) -> None:
        self.asked: list[tuple[float, int]] = []

    def leave(self, retry_after_ms: int) -> None:
        self.asked.append((time.monotonic(), retry_after_ms))


async def test_nobody_waits_when_nobody_is_there() -> None:
    async with asyncio.timeout(1):
        await drain([])


async def test_everyone_is_asked_once_with_a_hint_beyond_the_spread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drain_module, "SPREAD_S_PER_CONNECTION", 0.001)
    guests = [Guest() for _ in range(200)]
    await drain(guests)
    assert [len(guest.asked) for guest in guests] == [1] * 200
    hints = [guest.asked[0][1] for guest in guests]
    assert min(hints) >= 200
    assert max(hints) <= 400
    assert len(set(hints)) > 20, "they must not all come back in one moment"
    moments = sorted(guest.asked[0][0] for guest in guests)
    assert moments[-1] - moments[0] >= 0.15, "they must not all leave in one moment"
