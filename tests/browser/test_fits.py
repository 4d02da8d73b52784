"""Everything that can be pressed is whole, on a wall, a laptop, a tablet and a phone."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.fits import cut_off, on_top, overlap
from tests.browser.test_host_panel import open_panel
from tests.browser.test_main_job import by, enter
from tests.browser.test_screen import open_screen
from tests.harness import Client, LiveServer, new_id, one, open_room

TABLET = {"width": 1024, "height": 768}
SMALL_PHONE = {"width": 360, "height": 640}
LYING_PHONE = {"width": 844, "height": 390}
LONG = "明前龙井茶 Longjing spring tea, first picking of the year, 100 g in a tin"
STEPS = [
    {"step_id": "s1", "op": "pin", "body": {"product_id": "tea"}},
    {"step_id": "s2", "op": "announce", "body": {"text": LONG}},
    {"step_id": "s3", "op": "start_sale", "body": {"sale_id": "flash"}},
]


async def fill(server: LiveServer, room: str, host: Client) -> None:
    """A room with something in every list, all with long names."""
    await host.ask("put_product", product_id="tea", title=LONG, list_price_cents=199_900)
    await host.ask("put_rundown", version=0, steps=STEPS)
    await host.ask("pin", product_id="tea")
    said = await host.ask("comment", text=LONG, comment_id=new_id())
    await host.ask("pin_comment", comment_id=said["comment"]["comment_id"])
    for number in range(6):
        await host.ask("comment", text=f"{LONG} {number}", comment_id=new_id())
    await host.ask(
        "open_poll", poll_id="p", question=LONG[:60], options=["Green", "Black", "White"]
    )
    await host.ask("ask_question", text=LONG)
    async with server.client(room, await server.guest(room)) as buyer:
        await buyer.ask("reserve", reservation_id=new_id(), lines=one("flash"))


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
@pytest.mark.parametrize("viewport", [DESKTOP, TABLET, PHONE], ids=["desktop", "tablet", "phone"])
async def test_no_button_of_the_hosts_is_cut_off(
    live_server: LiveServer, open_page: OpenPage, viewport: dict[str, int], locale: str
) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as other:
        await fill(live_server, room, other)
    page = await open_page(viewport=viewport, locale=locale)
    host = await open_panel(page, live_server, room)
    await expect(by(host, "run-next")).to_be_visible()
    await expect(host.locator(".host-order")).to_have_count(1)
    assert await host.evaluate("scrollY") == 0, "it opens at its top"
    await host.get_by_test_id("comment-more").first.click()
    for side in ("orders", "talk", "people"):
        await by(host, f"side-{side}").click()
        assert await cut_off(host) == [], side
    for opener in ("rundown-edit", "edit-tea", "new-product", "restock-flash", "help"):
        await by(host, opener).click()
        await expect(by(host, "sheet-close")).to_be_visible()
        assert await cut_off(host) == [], opener
        await host.keyboard.press("Escape")
        await expect(by(host, "sheet-close")).to_have_count(0)


async def busiest(server: LiveServer, page: Page) -> Page:
    """A viewer's page with everything on it at once."""
    room = await open_room(server)
    async with server.client(room, server.token(room, "host")) as host:
        await fill(server, room, host)
        await enter(page, server, room)
        await host.ask("announce", text=LONG)
        await expect(by(page, "announcement")).to_be_visible()
        await expect(by(page, "poll-option-0")).to_be_visible()
        await expect(by(page, "buy-button")).to_be_visible()
    return page


@pytest.mark.parametrize("viewport", [DESKTOP, TABLET, PHONE, SMALL_PHONE, LYING_PHONE])
async def test_all_at_once_fits_a_viewers_screen(
    live_server: LiveServer, open_page: OpenPage, viewport: dict[str, int]
) -> None:
    page = await busiest(live_server, await open_page(viewport=viewport))
    assert await cut_off(page) == []
    for testid in ("poll", "announcement", "pinned-comment", "comment-list", "product-card"):
        assert not await overlap(page, "topbar", testid), testid
    assert await on_top(page, "buy-button") and await on_top(page, "price")
    if viewport not in (SMALL_PHONE, LYING_PHONE):  # there the poll scrolls
        assert not await overlap(page, "poll", "announcement")
        await expect(by(page, "comment").last).to_be_in_viewport()


@pytest.mark.parametrize("look", [{"viewport": DESKTOP}, {"viewport": TABLET}, {"viewport": PHONE}])
async def test_the_screen_shows_what_can_be_pressed(
    live_server: LiveServer, open_page: OpenPage, look: dict[str, Any]
) -> None:
    room = await open_room(live_server)
    screen = await open_screen(await open_page(**look), live_server, room)
    assert await cut_off(screen) == []
