"""The live data screen in a real browser: what is sold shows within seconds, and after a reload."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import barriers
from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.test_main_job import buy, by, enter, pay
from tests.harness import LiveServer, open_room

WITHIN_MS = 8_000


async def open_screen(page: Page, server: LiveServer, room: str) -> Page:
    await page.goto(f"{server.url}/screen/{room}#token={server.token(room, 'host')}")
    await expect(by(page, "screen")).to_have_attribute("data-fresh", "true")
    return page


async def test_an_order_shows_within_seconds_and_after_a_reload(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    screen = await open_screen(await open_page(viewport=DESKTOP), live_server, room)
    assert "token" not in screen.url
    await expect(by(screen, "screen-gmv")).to_have_text("¥0")
    ann = await enter(await open_page(viewport=PHONE), live_server, room)
    await buy(ann)
    await expect(by(screen, "funnel-held")).to_have_text("1", timeout=WITHIN_MS)
    await pay(ann)
    await shows_one_order(screen)
    for step in ("seen", "clicked", "held", "paid"):
        await expect(by(screen, f"funnel-{step}")).to_have_text("1", timeout=WITHIN_MS)
    await screen.reload()
    await shows_one_order(screen)
    await expect(by(screen, "funnel-clicked")).to_have_text("1")
    await expect(by(screen, "funnel-clicked-share")).to_have_text("100%")
    await expect(by(screen, "funnel-held-share")).to_have_text("")
    await screen.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert await screen.locator(".screen-products").evaluate(
        "part => part.scrollWidth <= part.clientWidth"
    ), "the table is whole on a phone"


async def shows_one_order(screen: Page) -> None:
    await expect(by(screen, "screen-gmv")).to_have_text("¥19.90", timeout=WITHIN_MS)
    await expect(by(screen, "screen-orders")).to_have_text("1")
    await expect(by(screen, "screen-paid-tea")).to_have_text("1")
    await expect(by(screen, "chart-gmv")).to_have_attribute("data-last", "1990")
    await expect(by(screen, "mark").first).to_have_attribute("data-kind", "sale_started")


async def test_what_the_host_does_is_marked(live_server: LiveServer, open_page: OpenPage) -> None:
    room = await open_room(live_server)
    screen = await open_screen(await open_page(viewport=DESKTOP), live_server, room)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        await host.ask("pin", product_id="tea")
        await host.ask("announce", text="Five minutes to go")
    await expect(by(screen, "mark").first).to_contain_text("Five minutes to go", timeout=WITHIN_MS)
    await expect(by(screen, "chart-orders")).to_have_attribute("data-marks", "3")


async def test_every_worker_tells_the_same(tmp_path: Path, open_page: OpenPage) -> None:
    server = LiveServer(tmp_path / "data", KAIBO_WORKERS="2")
    server.start()
    try:
        room = await open_room(server)
        ann = await enter(await open_page(), server, room)
        others = [await enter(await open_page(), server, room) for _ in range(3)]
        await buy(ann)
        await pay(ann)
        await buy(others[0])
        screens = [await open_screen(await open_page(), server, room) for _ in range(4)]
        for screen in screens:  # connections are dealt out among the workers
            await shows_one_order(screen)
            await expect(by(screen, "funnel-held")).to_have_text("2", timeout=WITHIN_MS)
            await expect(by(screen, "funnel-clicked")).to_have_text("2", timeout=WITHIN_MS)
    finally:
        server.stop()


async def test_a_viewers_token_opens_no_screen(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    page = await open_page(viewport=DESKTOP)
    await page.goto(f"{live_server.url}/screen/{room}#token={live_server.token(room)}")
    await expect(by(page, "gone")).to_have_attribute("data-why", "host")


@pytest.mark.parametrize(
    ("locale", "scheme", "viewport"),
    [("en-US", "dark", DESKTOP), ("zh-CN", "light", DESKTOP), ("en-US", "light", PHONE)],
)
async def test_the_screen_has_no_grave_barrier_and_fits(
    live_server: LiveServer,
    open_page: OpenPage,
    locale: str,
    scheme: str,
    viewport: dict[str, int],
) -> None:
    room = await open_room(live_server)
    page = await open_page(viewport=viewport, locale=locale, color_scheme=scheme)
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    screen = await open_screen(page, live_server, room)
    await expect(by(screen, "chart-viewers").locator("canvas")).to_be_visible()
    assert await barriers(screen) == []
    width = await screen.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"]
    assert refused == [], "the page's policy refuses nothing that the page does"
