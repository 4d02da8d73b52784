"""Two taps where one was meant, and keys faster than the page is drawn: each does what it says."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, OpenPage
from tests.browser.test_host_panel import open_panel
from tests.browser.test_main_job import buy, by, enter
from tests.harness import LiveServer, open_room

# So busy that a tap and what follows it come before the page is drawn again.
STALL = """addEventListener("pointerdown", () => {
  const end = performance.now() + 200;
  while (performance.now() < end);
})"""


@pytest.mark.parametrize("is_stalled", [False, True])
async def test_a_double_tap_buys_once(
    live_server: LiveServer, open_page: OpenPage, is_stalled: bool
) -> None:
    room = await open_room(live_server, units=10, per_buyer_max=5)
    page = await enter(await open_page(), live_server, room)
    button = by(page, "buy-button")
    await expect(button).to_have_attribute("data-state", "buy")
    if is_stalled:
        await page.evaluate(STALL)
    await button.dblclick()
    await asyncio.gather(  # before it passes
        expect(by(page, "toast")).to_have_count(1),
        expect(button).to_have_attribute("data-state", "held"),
    )
    await expect(by(page, "stock-left")).to_contain_text("9")
    await by(page, "orders-button").click()
    await expect(by(page, "order-item")).to_have_count(1)


async def test_a_double_tap_is_no_answer_to_the_question_it_raises(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    page = await enter(await open_page(), live_server, await open_room(live_server))
    await buy(page)
    await by(page, "orders-button").click()
    await by(page, "cancel-button").dblclick(delay=60)
    await expect(by(page, "cancel-button")).to_have_attribute("data-asking", "true")
    await expect(by(page, "order-item")).to_have_attribute("data-state", "held")
    await by(page, "cancel-button").click()
    await expect(by(page, "order-item")).to_have_attribute("data-state", "cancelled")


async def type_fast(page: Page, testid: str, *lines: str) -> None:
    """One line after the other, each with Enter pressed twice."""
    await by(page, testid).focus()
    for line in lines:
        await page.keyboard.type(line)
        await page.keyboard.press("Enter")
        await page.keyboard.press("Enter")


async def test_lines_typed_faster_than_they_are_answered_are_said_once_each(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    page = await enter(await open_page(), live_server, await open_room(live_server))
    await type_fast(page, "comment-input", "hi", "is it fresh", "and cheap")
    texts = by(page, "comment-list").locator("[data-testid=comment]")
    await expect(texts).to_have_count(3)
    for number, line in enumerate(("hi", "is it fresh", "and cheap")):
        await expect(texts.nth(number)).to_contain_text(line)
    await expect(by(page, "comment-input")).to_have_value("")
    await by(page, "questions-button").click()
    await type_fast(page, "question-input", "why?")
    await expect(by(page, "question")).to_have_count(1)


async def test_what_is_refused_stands_in_the_box_again(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        await host.ask("set_rules", slow_mode_s=60, blocked_words=[])
    page = await enter(await open_page(), live_server, room)
    await type_fast(page, "comment-input", "one", "two")
    await expect(by(page, "toast")).to_be_visible()
    await expect(by(page, "comment-input")).to_have_value("two")


async def test_a_host_with_fast_hands_meets_nobody_else(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    host = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    await by(host, "rundown-edit").click()
    steps = by(host, "rundown-sheet").locator(".step")
    await host.locator("label", has=by(host, "step-kind-note")).click()
    for number, text in enumerate(("one", "two", "three"), start=1):
        await by(host, "step-text").fill(text)
        await by(host, "step-text").press("Enter")
        await expect(steps).to_have_count(number)
    await steps.first.locator("[data-testid^=step-down]").dblclick()
    await expect(steps.last).to_contain_text("one")
    await expect(by(host, "toast")).to_have_count(0)
