"""The host's panel in a real browser: who may see it, on which screen, and what it says."""

import asyncio

from playwright.async_api import Page, WebSocketRoute, expect

from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.test_main_job import by
from tests.harness import LiveServer, open_room


async def open_panel(page: Page, server: LiveServer, room: str, token: str = "") -> Page:
    await page.goto(f"{server.url}/host/{room}#token={token or server.token(room, 'host')}")
    return page


async def test_a_viewers_token_opens_no_panel(live_server: LiveServer, open_page: OpenPage) -> None:
    room = await open_room(live_server)
    page = await open_page(viewport=DESKTOP)
    await open_panel(page, live_server, room, live_server.token(room))
    await expect(by(page, "gone")).to_have_attribute("data-why", "host")
    await expect(by(page, "gone")).to_contain_text(f"kaibo token --room {room} --role host")


async def test_the_panel_fits_a_phone_and_shows_what_is_sold(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    page = await open_panel(await open_page(viewport=PHONE), live_server, room)
    await expect(by(page, "product-tea")).to_be_visible()
    for _ in range(30):
        await say(page, "a room that talks")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    box = await by(page, "product-tea").bounding_box()
    assert box is not None and box["y"] < PHONE["height"], "comments push it off the screen"


async def say(page: Page, text: str) -> None:
    await by(page, "comment-input").fill(text)
    await by(page, "comment-send").click()
    await expect(by(page, "comment-input")).to_have_value("")


async def test_a_refused_field_is_named_as_it_is_labelled(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    page = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    await by(page, "new-product").click()
    for name, value in {"title": "Gaiwan", "listPrice": "100", "price": "2000000"}.items():
        await by(page, f"form-{name}").fill(value)
    await expect(by(page, "price-warning")).to_contain_text("above the list price")
    await by(page, "confirm-create").click()
    await expect(by(page, "toast")).to_have_text("“Sale price” is not valid")


async def test_a_sale_that_starts_now_is_said_to_be_on(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server, start=False)
    page = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    await by(page, "start-sale-flash").click()
    await page.get_by_text("Now", exact=True).click()
    await by(page, "confirm-start").click()
    await expect(by(page, "toast")).to_have_text("The sale is on")


async def test_a_restock_whose_answer_was_lost_is_not_done_twice(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server, units=5)
    page = await open_page(viewport=DESKTOP)
    dropped = asyncio.Event()

    def loses_an_answer(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def to_server(message: str | bytes) -> None:
            server.send(message)

        async def to_page(message: str | bytes) -> None:
            if isinstance(message, bytes) and is_reply_with_sale(message) and not dropped.is_set():
                dropped.set()
                await route.close(code=1012)
                await server.close()
            else:
                route.send(message)

        route.on_message(to_server)
        server.on_message(to_page)

    await page.route_web_socket("**/live**", loses_an_answer)
    await open_panel(page, live_server, room)
    await by(page, "restock-flash").click()
    await expect(by(page, "restock-now")).to_contain_text(" left")
    await by(page, "confirm-restock").click()
    await asyncio.wait_for(dropped.wait(), 15)
    await expect(by(page, "host-connection")).to_have_text("Good")
    await expect(by(page, "available-flash")).to_have_text("15")
    await by(page, "confirm-restock").click()
    await expect(by(page, "restock-sheet")).to_have_count(0)
    await expect(by(page, "available-flash")).to_have_text("15")


def is_reply_with_sale(message: bytes) -> bool:
    """Of the commands in this test only the restock is answered so."""
    return b"reply" in message[:8] and b"sale_id" in message
