"""Redis is lost with a hold that SQL had not heard of: the page shows its receipt by itself."""

from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import PHONE, OpenPage
from tests.browser.test_main_job import buy, by, enter, pay
from tests.faults.test_lost_redis import private_redis, rebuilt, sql_locked, writer_gave_up
from tests.harness import LiveServer, open_room


async def test_a_page_gets_its_hold_back_and_pays_it(tmp_path: Path, open_page: OpenPage) -> None:
    server = LiveServer(tmp_path / "data")
    server.start()
    try:
        room = await open_room(server, units=2)
        page = await enter(await open_page(viewport=PHONE), server, room)
        with sql_locked(server):
            await buy(page)
            with private_redis(server) as redis:
                redis.flushall()
            await writer_gave_up(server)
        assert "only in Redis" not in rebuilt(server)
        await expect(by(page, "toast").filter(has_text="It is back")).to_be_visible()
        await expect(by(page, "buy-button")).to_have_attribute("data-state", "held")
        await pay(page)
        audit = server.kaibo("audit")
        assert audit.returncode == 0, audit.stdout
    finally:
        assert server.stop() == 0
