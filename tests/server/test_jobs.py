"""Jobs are kept alive while the server runs, and end with it whatever they do."""

import asyncio
import logging

import pytest

from server import jobs


async def test_a_job_that_fails_is_logged_and_started_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs, "RESTART_DELAY_S", 0.0)
    started: list[int] = []
    again = asyncio.Event()

    async def fails_once() -> None:
        started.append(1)
        if len(started) == 1:
            raise RuntimeError("a bug")
        again.set()
        await asyncio.Event().wait()

    with caplog.at_level(logging.ERROR):
        async with jobs.running({"relay": fails_once}), asyncio.timeout(5):
            await again.wait()
    assert "the job relay failed" in caplog.text


async def test_a_job_that_swallows_a_cancellation_still_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "CANCEL_AGAIN_S", 0.01)
    swallowed: list[int] = []

    async def stubborn() -> None:
        while len(swallowed) < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed.append(1)
        await asyncio.Event().wait()

    async with asyncio.timeout(5):
        async with jobs.running({"stubborn": stubborn}):
            await asyncio.sleep(0)
    assert len(swallowed) == 3
