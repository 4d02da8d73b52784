"""Sold out: who asks to be told is offered the unit that comes back, and is told the truth."""

import asyncio

from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_main_job import buy, by, enter, pay
from tests.harness import LiveServer, open_room


async def give_up(page: Page, testid: str) -> None:
    """Such a press asks once."""
    await by(page, testid).click()
    await expect(by(page, testid)).to_have_attribute("data-asking", "true")
    await by(page, testid).click()


async def sold_out_to(holder: Page, other: Page, server: LiveServer) -> tuple[Page, Page]:
    """Two viewers of one unit: the first holds it, the second is on the waitlist."""
    room = await open_room(server, units=1)
    for page in (holder, other):
        await enter(page, server, room)
    await buy(holder)
    button = by(other, "buy-button")
    await expect(button).to_have_text("Notify me")
    await expect(button).to_have_attribute("aria-disabled", "false")
    await button.click()
    await expect(button).to_have_attribute("data-state", "waiting")
    return holder, other


async def test_a_unit_that_is_let_go_is_offered_to_who_waited(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    ann, bob = await sold_out_to(await open_page(), await open_page(), live_server)
    await by(ann, "orders-button").click()
    await give_up(ann, "cancel-button")
    await expect(by(bob, "buy-button")).to_have_attribute("data-state", "held")
    await expect(by(bob, "toast").last).to_contain_text("One came back")
    await expect(by(bob, "countdown")).to_have_text("1:00", timeout=5_000)
    await expect(by(ann, "order-item")).to_have_attribute("data-state", "cancelled")
    await expect(by(bob, "buy-button")).to_have_attribute("aria-disabled", "false")
    await pay(bob)


async def test_a_place_can_be_given_up_and_the_unit_goes_back_on_sale(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    ann, bob = await sold_out_to(await open_page(), await open_page(), live_server)
    await by(bob, "buy-button").click()  # the place, among the orders
    await expect(by(bob, "order-item")).to_have_attribute("data-state", "waiting")
    await give_up(bob, "leave-button")
    await expect(by(bob, "order-item")).to_have_attribute("data-state", "cancelled")
    await by(bob, "sheet-close").click()
    await expect(by(bob, "buy-button")).to_have_attribute("data-state", "sold_out")
    await by(ann, "orders-button").click()
    await give_up(ann, "cancel-button")
    await expect(by(bob, "buy-button")).to_have_attribute("data-state", "buy")


async def test_the_button_says_what_the_host_did_to_the_sale(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    pages = await asyncio.gather(*(open_page(locale=locale) for locale in ("en-US", "zh-CN")))
    for page in pages:
        await enter(page, live_server, room)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        await host.ask("pin", product_id="tea")
        for op, state in (("pause_sale", "paused"), ("resume_sale", "buy"), ("end_sale", "ended")):
            await host.ask(op, sale_id="flash")
            for page in pages:
                await expect(by(page, "buy-button")).to_have_attribute("data-state", state)
