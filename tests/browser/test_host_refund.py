"""A host pays an order back from the panel: asked once, told to both, with the units or without."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.browser.axe import barriers
from tests.browser.conftest import DESKTOP, OpenPage
from tests.browser.test_host_panel import open_panel
from tests.browser.test_main_job import buy, by, enter, pay
from tests.browser.test_screen import open_screen
from tests.harness import LiveServer, open_room


@pytest.mark.parametrize(("restock", "left"), [(True, "3"), (False, "2")])
async def test_a_paid_order_is_paid_back(
    live_server: LiveServer, open_page: OpenPage, restock: bool, left: str
) -> None:
    room = await open_room(live_server, units=3)
    ann = await enter(await open_page(), live_server, room)
    await buy(ann)
    await pay(ann)
    host = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    order = host.locator(".host-order")
    await expect(order).to_have_attribute("data-state", "paid")
    await by(host, "filter-paid").click()
    await order.get_by_role("button", name="Refund").click()
    await expect(by(host, "refund-sheet")).to_contain_text(re.compile(r"Pay ¥19\.90 back"))
    assert await barriers(host) == []
    await by(host, "refund-restock").set_checked(restock)
    await by(host, "confirm-refund").click()
    await asyncio.gather(  # before they pass
        expect(by(host, "toast")).to_have_text("The money is on its way back"),
        expect(by(ann, "toast").last).to_have_text("Your payment was refunded"),
    )
    await expect(order).to_have_count(0)  # it is no longer among the paid
    await by(host, "filter-all").click()
    await expect(order).to_have_attribute("data-state", "refunded")
    await expect(by(host, "available-flash")).to_have_text(left)
    await expect(by(ann, "order-item")).to_have_attribute("data-state", "refunded")
    await expect(by(host, "host-orders-sum")).to_have_text("0 paid and not refunded, ¥0")
    screen = await open_screen(await open_page(viewport=DESKTOP), live_server, room)
    await expect(screen.locator(".number").nth(0)).to_contain_text("¥19.90before refunds of ¥19.90")
    await expect(screen.locator(".number").nth(1)).to_contain_text("1refunded ones too")
    assert live_server.kaibo("audit", "--room", room).returncode == 0


async def test_a_refund_can_be_thought_better_of(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    ann = await enter(await open_page(), live_server, room)
    await buy(ann)
    await pay(ann)
    page = await open_page(viewport=DESKTOP, locale="zh-CN", color_scheme="dark")
    host = await open_panel(page, live_server, room)
    await host.locator(".host-order").get_by_role("button", name="退款").click()
    await expect(by(host, "refund-sheet")).to_be_visible()
    assert await barriers(host) == []
    await host.keyboard.press("Escape")
    await expect(by(host, "refund-sheet")).to_have_count(0)
    await expect(host.locator(".host-order")).to_have_attribute("data-state", "paid")
