"""Paying while the show goes on: the picture in a small window, the pay page in another tab."""

from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage
from tests.browser.films import film, show
from tests.browser.test_main_job import buy, by, enter, video_plays
from tests.harness import LiveServer, open_room

IS_SMALL = "document.pictureInPictureElement !== null"


async def holding(server: LiveServer, page: Page, name: str) -> Page:
    """A viewer of a room with a film, with a unit that waits to be paid."""
    room = await open_room(server)
    await show(server, room, film(server, name, duration_s=30))
    await enter(page, server, room)
    await video_plays(page)
    await buy(page)
    await expect(by(page, "buy-button")).to_have_attribute("aria-disabled", "false")
    return page


async def test_the_picture_goes_on_while_the_buyer_pays(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    page = await holding(live_server, await open_page(viewport=PHONE), "small")
    async with page.context.expect_page() as opening:
        await by(page, "buy-button").click()
    tab = await opening.value
    await by(tab, "sandbox-pay").wait_for()
    assert await page.evaluate(IS_SMALL)
    assert await tab.evaluate("window.opener") is None
    await expect(by(page, "pay-link")).to_have_text("Open the pay page again")
    async with tab.expect_event("close"):
        await by(tab, "sandbox-pay").click()  # comes back, finds the room open, and goes
    await expect(by(page, "order-item")).to_have_attribute("data-state", "paid")
    await page.wait_for_function(f"!({IS_SMALL})")
    await expect(by(page, "video-small")).to_have_count(0)


async def test_a_strict_browser_shows_a_link_to_the_pay_page(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    fresh = await open_page(viewport=PHONE)
    await fresh.add_init_script("window.open = () => null")  # as one that blocks the tab answers
    page = await holding(live_server, fresh, "strict")
    await by(page, "buy-button").click()
    await expect(by(page, "pay-link")).to_have_text("Open the pay page")
    assert await page.evaluate(IS_SMALL)
    async with page.context.expect_page() as opening:
        await by(page, "pay-link").click()
    await by(await opening.value, "sandbox-pay").click()
    await expect(by(page, "order-item")).to_have_attribute("data-state", "paid")


async def test_where_no_small_window_can_be_the_pay_page_takes_the_tab(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    fresh = await open_page(viewport=PHONE)
    await fresh.add_init_script(
        "HTMLVideoElement.prototype.requestPictureInPicture = () => Promise.reject(new Error())"
    )
    page = await holding(live_server, fresh, "refused")
    await by(page, "buy-button").click()
    await page.wait_for_url("**/sandbox/pay/**")
