"""A benchmark, not a test: a room in which 50 comments come each second, as one viewer's browser
bears it. `python -m tests.browser.talk_bench [SECONDS]` (600 unless told) prints frames a second,
heap and document size as they go, and whether the page keeps 55 frames and a flat heap.

Run it on a machine that does nothing else: frames are drawn by the processor here.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import CDPSession, Page, async_playwright

from tests.browser.chromium import find_chromium
from tests.harness import Client, LiveServer, new_id, open_room

COMMENTS_PER_S = 50
SPEAKERS = 4  # each may send 20 commands a second for long
SAMPLE_S = 10
FRAMES_PER_S_MIN = 55
HEAP_GROWTH_MAX = 0.1  # of the last third's median over the first third's
WORDS = [
    "is",
    "it",
    "the",
    "first",
    "picking",
    "this",
    "year",
    "and",
    "does",
    "it",
    "ship",
    "to",
    "Chengdu",
    "新茶",
    "好看",
    "多少钱",
]

COUNT_FRAMES = """() => {
  window.frames_drawn = 0;
  const drawn = () => { window.frames_drawn += 1; requestAnimationFrame(drawn); };
  requestAnimationFrame(drawn);
}"""


class Sample(NamedTuple):
    at_s: float
    frames_per_s: float
    heap_mb: float  # after garbage was collected
    nodes: int  # in the document, all of it


async def speak(host: Client, duration_s: float, rate: float) -> None:
    """Comments at an even `rate` a second."""
    started = time.monotonic()
    said = 0
    while (now := time.monotonic() - started) < duration_s:
        if said > now * rate:
            await asyncio.sleep(said / rate - now)
        start = said % len(WORDS)
        text = " ".join((WORDS * 2)[start : start + 3 + said % 9])
        await host.ask("comment", text=f"{text} {said}", comment_id=new_id())
        host.events.clear()
        said += 1


async def sample(page: Page, session: CDPSession, since_s: float) -> Sample:
    """What the page does in the next SAMPLE_S seconds."""
    before, started = await page.evaluate("window.frames_drawn"), time.monotonic()
    await asyncio.sleep(SAMPLE_S)
    frames = await page.evaluate("window.frames_drawn") - before
    took_s = time.monotonic() - started
    await session.send("HeapProfiler.collectGarbage")
    heap = await session.send("Runtime.getHeapUsage")
    counters = await session.send("Memory.getDOMCounters")
    return Sample(
        time.monotonic() - since_s, frames / took_s, heap["usedSize"] / 1e6, counters["nodes"]
    )


def grown(samples: list[Sample]) -> float:
    """How much the heap's median grew from the first third to the last."""
    third = max(1, len(samples) // 3)
    heaps = [one.heap_mb for one in samples]
    return statistics.median(heaps[-third:]) / statistics.median(heaps[:third]) - 1


async def watch(page: Page, duration_s: float) -> list[Sample]:
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.enable")
    await page.evaluate(COUNT_FRAMES)
    started, samples = time.monotonic(), []
    while time.monotonic() - started + SAMPLE_S < duration_s:
        samples.append(await sample(page, session, started))
        one = samples[-1]
        print(f"{one.at_s:5.0f} s  {one.frames_per_s:5.1f} frames/s", end="  ")
        print(f"heap {one.heap_mb:6.2f} MB  {one.nodes} nodes", flush=True)
    return samples


async def bench(server: LiveServer, duration_s: float) -> bool:
    room = await open_room(server)
    chromium = find_chromium()
    async with async_playwright() as playwright, asyncio.TaskGroup() as speaking:
        browser = await playwright.chromium.launch(
            executable_path=chromium.executable,
            args=list(chromium.args),
            env={**os.environ, **chromium.environ},
        )
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        await page.goto(f"{server.url}/r/{room}")
        await page.get_by_test_id("comment-list").wait_for()
        for _ in range(SPEAKERS):
            speaking.create_task(_speaker(server, room, duration_s))
        samples = await watch(page, duration_s)
        seen = await page.get_by_test_id("comment").count()
        await browser.close()
    slowest, heap = min(one.frames_per_s for one in samples), grown(samples)
    print(f"slowest {slowest:.1f} frames/s, heap {heap:+.1%}, {seen} comments in the document")
    return slowest >= FRAMES_PER_S_MIN and heap <= HEAP_GROWTH_MAX


async def _speaker(server: LiveServer, room: str, duration_s: float) -> None:
    async with server.client(room, server.token(room, "host", name="Lin")) as host:
        await speak(host, duration_s, COMMENTS_PER_S / SPEAKERS)


def main() -> int:
    duration_s = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    with tempfile.TemporaryDirectory() as folder:
        server = LiveServer(Path(folder) / "data")
        server.start()
        try:
            return 0 if asyncio.run(bench(server, duration_s)) else 1
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
