"""Connections drop: the page stays, what was missed comes, and nothing is bought twice."""

import asyncio

from playwright.async_api import expect

from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.network import Cable, lose_answer
from tests.browser.test_main_job import WAIT_MS, buy, by, enter, pay
from tests.harness import LiveServer, new_id, one, open_room


def is_answer_to_a_purchase(message: bytes) -> bool:
    return b"reply" in message[:8] and b"replayed" in message


async def test_a_purchase_whose_answer_was_lost_is_bought_once(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server, units=5, per_buyer_max=3)
    page = await open_page(viewport=PHONE)
    dropped = await lose_answer(page, is_answer_to_a_purchase)
    await enter(page, live_server, room)
    button = by(page, "buy-button")
    await expect(button).to_have_attribute("data-state", "buy")
    await button.click()
    await asyncio.wait_for(dropped.wait(), WAIT_MS / 1000)
    await expect(button).to_have_attribute("data-state", "held")
    await expect(by(page, "stock-left")).to_have_attribute("data-available", "4")
    await by(page, "orders-button").click()
    await expect(by(page, "order-item")).to_have_count(1)
    assert live_server.kaibo("audit", "--room", room).returncode == 0


async def test_what_happened_during_a_drop_is_there_after_it(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server, units=2)
    page = await open_page(viewport=DESKTOP)
    cable = await Cable.of(page)
    await enter(page, live_server, room)
    async with (
        live_server.client(room, live_server.token(room, "host")) as host,
        live_server.client(room, await live_server.guest(room, "Bob")) as bob,
    ):
        await host.ask("comment", text="before the drop")
        await expect(by(page, "comment-list")).to_contain_text("before the drop")
        await cable.cut()
        bar = by(page, "connection-bar")
        await expect(bar).to_be_visible()
        box = await bar.bounding_box()
        assert box is not None and box["height"] < 40, "a thin bar, not a wall"
        await host.ask("comment", text="in the middle of it")
        await bob.ask("reserve", reservation_id=new_id(), lines=one("flash"))
        await expect(by(page, "comment-list")).to_contain_text("before the drop")
        cable.mend()
        await expect(bar).to_have_count(0, timeout=30_000)
        await expect(by(page, "comment-list")).to_contain_text("in the middle of it")
        await expect(by(page, "comment")).to_have_count(2)
        await expect(by(page, "stock-left")).to_have_attribute("data-available", "1")


async def test_two_tabs_are_one_buyer(live_server: LiveServer, open_page: OpenPage) -> None:
    room = await open_room(live_server, units=5)
    one_tab = await enter(await open_page(), live_server, room)
    other = await enter(await one_tab.context.new_page(), live_server, room)
    for tab in (one_tab, other):
        await expect(by(tab, "buy-button")).to_have_attribute("data-state", "buy")
    await asyncio.gather(*(by(tab, "buy-button").click() for tab in (one_tab, other)))
    for tab in (one_tab, other):
        await expect(by(tab, "buy-button")).to_have_attribute("data-state", "held")
    await expect(by(other, "stock-left")).to_have_attribute("data-available", "4")
    await pay(other)
    await expect(by(one_tab, "buy-button")).to_have_attribute("data-state", "paid")
    assert live_server.kaibo("audit", "--room", room).returncode == 0


async def test_a_reload_in_the_middle_of_a_hold_shows_it_again(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    page = await enter(await open_page(), live_server, room)
    await buy(page)
    await page.reload()
    await expect(by(page, "buy-button")).to_have_attribute("data-state", "held")
