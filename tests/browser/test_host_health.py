"""The head of the host's panel: how the show is doing, and whether stock and orders agree."""

import re
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import DESKTOP, OpenPage
from tests.browser.test_host_panel import open_panel
from tests.browser.test_main_job import by, enter
from tests.faults.test_lost_redis import private_redis
from tests.harness import LiveServer, new_id, one, open_room


async def test_the_head_says_who_watches_how_late_news_is_and_what_the_audit_found(
    tmp_path: Path, open_page: OpenPage
) -> None:
    server = LiveServer(tmp_path / "data", KAIBO_RECONCILE_INTERVAL_S="1")
    server.start()
    try:
        room = await open_room(server)
        await enter(await open_page(), server, room)
        host = await open_panel(await open_page(viewport=DESKTOP), server, room)
        await expect(by(host, "viewer-count")).to_have_text("1")
        await expect(by(host, "latency")).to_have_text(re.compile(r"^[\d.]+ m?s$"))
        await expect(by(host, "ledger-lag")).to_have_text(re.compile(r"Up to date| m?s$"))
        await expect(by(host, "audit")).to_have_text("In order")
        async with server.client(room, await server.guest(room)) as ann:
            held = await ann.ask("reserve", reservation_id=new_id(), lines=one("flash"))
        with private_redis(server) as redis:  # a fault: the hold is lost
            redis.hdel(f"kaibo:{{{room}}}:holds", held["hold"]["reservation_id"])
            redis.xadd(f"kaibo:{{{room}}}:outbox", {"kind": "NEWS"})
        await expect(by(host, "audit")).to_have_text(re.compile(r"\d+ differences?"))
        await by(host, "lang-switch").click()
        await expect(by(host, "audit")).to_have_text(re.compile(r"\d+ 处不符"))
    finally:
        assert server.stop() == 0
