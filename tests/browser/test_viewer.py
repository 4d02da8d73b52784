"""What a viewer is told, in a real browser: on taps, after paying, of video and of sound."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.films import film, show
from tests.browser.network import lose_answer
from tests.browser.test_main_job import buy, by, enter, video_plays
from tests.harness import LiveServer, open_room

# Taps again in the very frame in which the answer to the first tap is shown.
TAP_AGAIN_WHEN_HELD = """button => new MutationObserver((_, observer) => {
  if (button.dataset.state !== "held") return;
  observer.disconnect();
  button.click();
  document.body.dataset.tapped = "twice";
}).observe(button, { attributes: true })"""


async def test_a_double_tap_buys_and_does_not_also_pay(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    page = await enter(await open_page(), live_server, room)
    button = by(page, "buy-button")
    await expect(button).to_have_attribute("data-state", "buy")
    await button.evaluate(TAP_AGAIN_WHEN_HELD)
    await button.click()
    await page.wait_for_selector("body[data-tapped=twice]", state="attached")
    await expect(button).to_have_attribute("aria-disabled", "false")  # by now it would have left
    await expect(page).to_have_url(re.compile(f"/r/{room}$"))
    await button.click()
    await page.wait_for_url("**/sandbox/pay/**")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP])
async def test_a_first_visit_is_one_click_from_the_front_door(
    live_server: LiveServer, open_page: OpenPage, viewport: dict[str, int]
) -> None:
    room = await open_room(live_server)
    page = await open_page(viewport=viewport)
    await page.goto(live_server.url)
    await by(page, f"room-{room}").click()
    await expect(page).to_have_title("Tea night · Kaibo")
    await expect(by(page, "product-card")).to_contain_text("Tea")
    await expect(by(page, "price")).to_have_text("¥19.90")
    await expect(by(page, "buy-button")).to_have_text("Buy now")
    await by(page, "lang-switch").click()
    await expect(by(page, "buy-button")).to_have_text("立即抢购")
    await page.reload()
    await expect(by(page, "buy-button")).to_have_text("立即抢购")  # remembered
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"], "nothing sticks out"


async def test_an_order_says_how_its_payment_went(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    page = await enter(await open_page(), live_server, room)
    await buy(page)
    await by(page, "buy-button").click()
    await expect(by(page, "sandbox-hold")).to_contain_text(re.compile(r"\d:\d\d more"))
    await by(page, "sandbox-decline").click()
    note = by(page, "order-note")
    await expect(note).to_contain_text("did not go through. It is still yours for")
    await by(page, "pay-button").click()
    await by(page, "sandbox-back").click()
    await expect(note).to_contain_text("Not paid yet")
    await by(page, "pay-button").click()
    await by(page, "sandbox-pay").click()
    await expect(note).to_contain_text("your order is confirmed")


async def test_waiting_for_video_can_be_read_over_any_picture(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    await show(live_server, room, "/media/not-there.m3u8")
    page = await enter(await open_page(), live_server, room)
    colour = "element => getComputedStyle(element).backgroundColor"
    ground = await by(page, "video-waiting").evaluate(colour)
    opacity = re.fullmatch(r"rgba\(\d+, \d+, \d+, ([\d.]+)\)", ground)
    assert opacity is not None and float(opacity[1]) > 0.6, ground


async def test_sound_is_offered_only_where_there_is_some(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    for name, has_sound in (("silent", False), ("loud", True)):
        room = await open_room(live_server)
        await show(live_server, room, film(live_server, name, has_sound=has_sound))
        page = await enter(await open_page(), live_server, room)
        await video_plays(page)
        await expect(by(page, "sound-button")).to_have_count(1 if has_sound else 0)
    await expect(by(page, "sound-button")).to_have_text("Turn sound on")
    await by(page, "sound-button").click()
    assert not await by(page, "video").evaluate("video => video.muted")


# Presses, and says what the button is when the next frame is drawn.
PRESSED_WITHIN_A_FRAME = """button => new Promise(done => {
  button.click();
  requestAnimationFrame(() => requestAnimationFrame(() => done(button.dataset.state)));
})"""


async def test_a_press_is_answered_in_the_next_frame_whatever_the_network_does(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    page = await open_page()
    lost = await lose_answer(page, lambda message: b"replayed" in message)
    await enter(page, live_server, room)
    button = by(page, "buy-button")
    await expect(button).to_have_attribute("data-state", "buy")
    assert await button.evaluate(PRESSED_WITHIN_A_FRAME) in ("buying", "held")
    await lost.wait()
    await by(page, "like-button").click()
    await expect(by(page, "likes-total")).to_have_text("1", timeout=1_000)
