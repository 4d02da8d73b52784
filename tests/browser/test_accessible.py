"""Nobody is kept out: axe-core on every page of the viewer's, a purchase by keyboard alone, quiet
live regions, and stillness for those who ask for it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.axe import barriers
from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.test_main_job import WAIT_MS, buy, by, enter
from tests.harness import Client, LiveServer, new_id, open_room

LOOKS = [
    pytest.param({"viewport": PHONE, "color_scheme": "light"}, id="phone, light"),
    pytest.param({"viewport": DESKTOP, "color_scheme": "dark"}, id="desktop, dark"),
]


@pytest_asyncio.fixture(loop_scope="session")
async def busy_room(live_server: LiveServer) -> AsyncIterator[tuple[str, Client]]:
    """A room with all there can be: comments, a pin, an announcement, a poll and a question."""
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        said = await host.ask("comment", text="Welcome", comment_id=new_id())
        await host.ask("pin_comment", comment_id=said["comment"]["comment_id"])
        await host.ask("announce", text="Five minutes to go")
        await host.ask("open_poll", poll_id="p", question="Which tea?", options=["Green", "Black"])
        await host.ask("ask_question", text="How long does it keep?")
        await host.ask("pin", product_id="tea")
        yield room, host


@pytest.mark.parametrize("look", LOOKS)
async def test_no_page_of_a_viewers_has_a_grave_barrier(
    live_server: LiveServer,
    open_page: OpenPage,
    busy_room: tuple[str, Client],
    look: dict[str, Any],
) -> None:
    room, host = busy_room
    page = await enter(await open_page(**look), live_server, room)
    await host.ask("announce", text="Two minutes to go")
    await expect(by(page, "announcement")).to_be_visible()
    assert await barriers(page) == []
    await by(page, "poll-option-0").click()
    await expect(by(page, "poll-result-0")).to_be_visible()
    await buy(page)
    assert await barriers(page) == []
    for panel in ("questions", "orders", *(("bag",) if look["viewport"] == PHONE else ())):
        await by(page, f"{panel}-button").click()
        await expect(by(page, f"{panel}-sheet")).to_be_visible()
        assert await barriers(page) == [], panel
        await by(page, "sheet-close").click()


@pytest.mark.parametrize("look", LOOKS)
async def test_neither_the_front_door_nor_a_closed_one_has_a_grave_barrier(
    live_server: LiveServer, open_page: OpenPage, look: dict[str, Any]
) -> None:
    await open_room(live_server)
    page = await open_page(**look)
    await page.goto(live_server.url)
    await expect(page.get_by_role("list")).to_be_visible()
    assert await barriers(page) == []
    await page.goto(f"{live_server.url}/r/nowhere")
    await expect(by(page, "gone")).to_be_visible()
    assert await barriers(page) == []


@pytest.mark.parametrize("look", LOOKS)
async def test_the_pay_page_has_no_grave_barrier(
    live_server: LiveServer, open_page: OpenPage, look: dict[str, Any]
) -> None:
    room = await open_room(live_server)
    page = await enter(await open_page(**look), live_server, room)
    await buy(page)
    await by(page, "buy-button").click()
    await expect(by(page, "sandbox-pay")).to_be_visible()
    assert await barriers(page) == []
    await page.locator("summary").first.click()
    assert await barriers(page) == []
    await by(page, "sandbox-pay").click()
    await expect(by(page, "order-item")).to_have_attribute("data-state", "paid")
    assert await barriers(page) == []


async def tab_to(page: Page, testid: str) -> None:
    async with asyncio.timeout(WAIT_MS / 1000):
        while not await by(page, testid).evaluate("element => element === document.activeElement"):
            await page.keyboard.press("Tab")


async def test_buying_and_paying_need_no_mouse(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server, units=3)
    page = await enter(await open_page(viewport=PHONE), live_server, room)
    await tab_to(page, "buy-button")
    await page.keyboard.press("Enter")
    await expect(by(page, "buy-button")).to_have_attribute("data-state", "held")
    await tab_to(page, "orders-button")
    await page.keyboard.press("Enter")
    await expect(by(page, "orders-sheet")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(by(page, "orders-button")).to_be_focused()  # it comes back to where it was
    await page.keyboard.press("Enter")
    await tab_to(page, "sheet-close")
    await page.keyboard.press("Enter")
    await expect(by(page, "orders-button")).to_be_focused()
    await page.keyboard.press("Enter")
    await tab_to(page, "pay-button")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sandbox/pay/**")
    await tab_to(page, "sandbox-pay")
    await page.keyboard.press("Enter")
    await expect(by(page, "order-item")).to_have_attribute("data-state", "paid")


# Counts what a screen reader would be given to read.
COUNT_SPOKEN = """() => {
  window.spoken = [];
  const live = "[role=status],[role=alert],[role=log],[aria-live=polite],[aria-live=assertive]";
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const element = target instanceof Element ? target : target.parentElement;
      if (element?.closest(live)) window.spoken.push(element.textContent);
    }
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""


async def test_a_screen_reader_is_not_talked_over_by_the_room(
    live_server: LiveServer, open_page: OpenPage, busy_room: tuple[str, Client]
) -> None:
    room, host = busy_room
    page = await enter(await open_page(), live_server, room)
    await page.evaluate(COUNT_SPOKEN)
    for number in range(20):
        await host.ask("comment", text=f"line {number}", comment_id=new_id())
    await expect(by(page, "comment-list")).to_contain_text("line 19")
    assert await page.evaluate("window.spoken") == [], "comments and countdowns are not read out"
    await host.ask("announce", text="Listen")
    await expect(by(page, "announcement")).to_contain_text("Listen")
    assert "Listen" in "".join(await page.evaluate("window.spoken"))


async def test_who_asks_for_stillness_gets_numbers_and_no_hearts(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    page = await enter(await open_page(reduced_motion="reduce"), live_server, room)
    await by(page, "like-button").click()
    await expect(by(page, "likes-total")).to_have_text("1")
    assert await page.locator(".burst").count() == 0
    assert await page.evaluate("document.getAnimations().length") == 0
