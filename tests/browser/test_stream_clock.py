"""A viewer whose picture is late sees what the host announces when the host says it, not before;
what was decided is told at once, and where the two clocks differ, both are shown."""

import re
import time

from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage
from tests.browser.films import film, say_when_taken, show
from tests.browser.test_main_job import by, enter, video_plays
from tests.harness import LiveServer, open_room

LATE_S = 20


async def seconds_left(page: Page, testid: str) -> int:
    found = re.search(r"(\d+):(\d\d)", await by(page, testid).inner_text())
    assert found is not None
    return int(found[1]) * 60 + int(found[2])


async def test_a_viewer_20_s_behind_sees_the_sale_when_the_host_says_it(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server, start=False)
    await show(live_server, room, film(live_server, "late", duration_s=70))
    say_when_taken(live_server, "late", LATE_S)
    page = await enter(await open_page(viewport=PHONE), live_server, room)
    await video_plays(page)
    behind = by(page, "behind")
    await expect(behind).to_contain_text("behind")
    late_s = int(await behind.get_attribute("data-seconds") or 0)
    assert LATE_S <= late_s < LATE_S + 15

    async with live_server.client(room, live_server.token(room, "host")) as host:
        await host.ask("pin", product_id="tea")
        await host.ask("start_sale", sale_id="flash", countdown_s=0, duration_s=600)
        said_s = time.monotonic()
        await expect(behind).to_contain_text("news is waiting")
        await expect(by(page, "product-card")).to_have_count(0)
        await expect(by(page, "buy-button")).to_be_visible(timeout=(late_s + 10) * 1000)
        assert abs(time.monotonic() - said_s - late_s) < 5, "with the picture, not before"

        await expect(by(page, "buy-button")).to_have_attribute("data-state", "buy")
        decided, shown = (
            await seconds_left(page, "countdown"),
            await seconds_left(page, "in-picture"),
        )
        assert 600 - late_s - 6 < decided <= 600 - late_s + 2, "on the server's clock"
        assert abs(shown - decided - late_s) <= 2, "and on the picture's"

        await host.ask("end_sale", sale_id="flash")
        await expect(by(page, "buy-button")).to_have_attribute("data-state", "ended", timeout=5_000)


async def test_a_picture_without_a_time_keeps_nobody_waiting(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server, start=False)
    await show(live_server, room, film(live_server, "untimed", duration_s=20))
    page = await enter(await open_page(), live_server, room)
    await video_plays(page)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        await host.ask("pin", product_id="tea")
        await expect(by(page, "product-card")).to_be_visible(timeout=5_000)
    await expect(by(page, "behind")).to_have_count(0)
