"""The main job in real browsers: a host sells, viewers buy, nothing acknowledged is ever lost."""

import asyncio
import math
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.harness import LiveServer, open_room

WAIT_MS = 15_000
SHOWN_TO_S = 1.2  # to a second, and a page is read some frames after it was drawn
expect.set_options(timeout=WAIT_MS)


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """`kaibo demo` as a newcomer starts it, with a room, a video and a sale of its own."""
    server = LiveServer(tmp_path_factory.mktemp("demo") / "data", command="demo")
    server.start()
    yield server
    server.stop()


def host_link(demo: LiveServer) -> str:
    found = re.search(r"Host +(\S+)", demo.printed)
    assert found is not None, demo.printed
    return found[1]


def by(page: Page, testid: str) -> Locator:
    return page.get_by_test_id(testid)


async def enter(page: Page, server: LiveServer, room: str) -> Page:
    """The page, connected: from here on nothing is refused for want of a connection."""
    await page.goto(f"{server.url}/r/{room}")
    await expect(by(page, "comment-input")).to_be_enabled()
    await expect(by(page, "connection-bar")).to_have_count(0)
    return page


async def buy(page: Page) -> None:
    button = by(page, "buy-button")
    await expect(button).to_have_attribute("data-state", "buy")
    await button.click()
    await expect(button).to_have_attribute("data-state", "held")


async def pay(page: Page) -> None:
    """From the hold to the sandbox page and back to the paid order, where there is no video."""
    await by(page, "buy-button").click()
    await page.wait_for_url("**/sandbox/pay/**")
    await by(page, "sandbox-pay").click()
    await page.wait_for_url("**/r/**")
    await expect(by(page, "order-item").first).to_have_attribute("data-state", "paid")


async def pay_beside(page: Page) -> None:
    """The same in a room with a picture, which goes on in a small window."""
    async with page.context.expect_page() as opening:
        await by(page, "buy-button").click()
    await by(await opening.value, "sandbox-pay").click()
    await expect(by(page, "order-item").first).to_have_attribute("data-state", "paid")


def stock_left(text: str | None) -> int:
    found = re.search(r"\d+", text or "")
    assert found is not None, f"no number in {text!r}"
    return int(found[0])


async def test_a_flash_sale_from_pin_to_paid_order(demo: LiveServer, open_page: OpenPage) -> None:
    host = await open_page(viewport=DESKTOP, locale="zh-CN")
    await host.goto(host_link(demo))
    await expect(host).not_to_have_url(re.compile("token"))  # it must not stay in the address
    ann = await enter(await open_page(viewport=PHONE, locale="en-US"), demo, "demo")
    bob = await enter(await open_page(viewport=PHONE, locale="zh-CN"), demo, "demo")
    await video_plays(ann)

    await by(host, "pin-gaiwan").click()
    await expect(by(ann, "product-card")).to_contain_text("gaiwan")
    await by(host, "start-sale-flash-1").click()
    await by(host, "confirm-start").click()
    await expect(by(ann, "product-card")).to_contain_text("Longjing")
    await countdowns_agree(ann, bob)

    await by(ann, "comment-input").fill("is it fresh? 新茶吗")
    await by(ann, "comment-send").click()
    await expect(by(bob, "comment-list")).to_contain_text("is it fresh? 新茶吗")
    await by(bob, "like-button").click()
    await expect(by(ann, "likes-total")).to_contain_text("1")

    await buy(ann)
    await expect(by(ann, "buy-button")).to_have_attribute("aria-disabled", "false")
    await expect(by(bob, "stock-left")).to_contain_text("29")
    await pay_beside(ann)
    paid = by(host, "host-orders").locator("[data-testid^=host-order-][data-state=paid]")
    await expect(paid).to_have_count(1)
    assert demo.kaibo("audit").returncode == 0


async def video_plays(page: Page) -> None:
    """The picture moves: the player's clock advances by itself."""
    moving = "video => video.readyState >= 2 && video.currentTime > 0.5"
    await page.wait_for_selector("video", state="attached")
    async with asyncio.timeout(30):
        while not await page.eval_on_selector("video", moving):
            await asyncio.sleep(0.2)


# The moment to which a page counts, in seconds, by the machine's clock at the time of the drawing:
# two pages are never read at the same time.
COUNTED_TO = """async (element) => {
  for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
  return Date.now() / 1000 + Number(/(\\d+)\\D*$/.exec(element.textContent)[1]);
}"""


async def countdowns_agree(one: Page, other: Page) -> None:
    """Both screens count to the same moment, within the second they show."""
    async with asyncio.timeout(WAIT_MS / 1000):  # a page that was held up may be drawn late, once
        moments = [0.0, math.inf]
        while abs(moments[0] - moments[1]) > SHOWN_TO_S:
            counting = (by(page, "countdown").evaluate(COUNTED_TO) for page in (one, other))
            moments = await asyncio.gather(*counting)


async def test_the_last_unit_is_refused_to_the_next_and_returns_when_unpaid(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server, units=1, hold_duration_s=8)
    ann = await enter(await open_page(), live_server, room)
    bob = await enter(await open_page(locale="zh-CN"), live_server, room)
    await buy(ann)
    await expect(by(bob, "buy-button")).to_have_attribute("data-state", "sold_out")
    await expect(by(bob, "buy-button")).to_have_attribute("data-state", "buy")  # Ann did not pay
    await buy(bob)
    await pay(bob)
    await expect(by(ann, "buy-button")).to_have_attribute("data-state", "sold_out")
    assert live_server.kaibo("audit", "--room", room).returncode == 0


async def test_two_presses_of_one_unit_say_sold_out_in_plain_words(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server, units=1)
    pages = [await enter(await open_page(), live_server, room) for _ in range(2)]
    for page in pages:
        await expect(by(page, "buy-button")).to_have_attribute("data-state", "buy")
    await asyncio.gather(*(by(page, "buy-button").click(force=True) for page in pages))
    for page in pages:
        await expect(by(page, "buy-button")).to_have_attribute(
            "data-state", re.compile("held|sold_out")
        )
    states = [await by(page, "buy-button").get_attribute("data-state") for page in pages]
    assert sorted(str(state) for state in states) == ["held", "sold_out"]


async def test_kill_9_in_the_middle_loses_nothing_and_blocks_nobody(
    demo: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(demo, units=5)
    ann = await enter(await open_page(), demo, room)
    await buy(ann)
    demo.kill()
    await expect(by(ann, "connection-bar")).to_be_visible()
    demo.start()
    await expect(by(ann, "connection-bar")).to_be_hidden(timeout=30_000)
    await expect(by(ann, "buy-button")).to_have_attribute("data-state", "held")
    await expect(by(ann, "stock-left")).to_contain_text("4")
    await pay(ann)
    assert demo.kaibo("audit").returncode == 0


async def test_a_purchase_by_keyboard_alone(live_server: LiveServer, open_page: OpenPage) -> None:
    room = await open_room(live_server, units=3)
    page = await enter(await open_page(viewport=DESKTOP), live_server, room)
    await expect(by(page, "buy-button")).to_have_attribute("data-state", "buy")
    async with asyncio.timeout(WAIT_MS / 1000):
        while not await by(page, "buy-button").evaluate("el => el === document.activeElement"):
            await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(by(page, "buy-button")).to_have_attribute("data-state", "held")
    await expect(by(page, "buy-button")).to_have_attribute("aria-disabled", "false")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sandbox/pay/**")


async def test_a_room_that_does_not_exist_is_said_kindly(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    page = await open_page()
    await page.goto(f"{live_server.url}/r/nowhere")
    await expect(by(page, "gone")).to_be_visible()
    await by(page, "gone-home").click()
    await expect(page).to_have_url(f"{live_server.url}/")
