"""What a host does on air, in a real browser: moderate, talk, sell in two clicks, follow a plan."""

import csv
import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.browser.axe import barriers
from tests.browser.conftest import DESKTOP, OpenPage
from tests.browser.test_host_panel import open_panel
from tests.browser.test_main_job import by, enter
from tests.harness import Client, LiveServer, new_id, open_room

LOOKS = [("en-US", "light"), ("zh-CN", "dark")]


async def say(viewer: Client, text: str) -> str:
    reply = await viewer.ask("comment", text=text, comment_id=new_id())
    return str(reply["comment"]["comment_id"])


async def tools_of(host: Page, text: str) -> None:
    comment = by(host, "comment").filter(has_text=text)
    await comment.get_by_test_id("comment-more").click()


async def test_a_host_moderates_from_the_comment_list(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    token = await live_server.guest(room, "Eve")
    host = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    async with live_server.client(room, token) as eve:
        await say(eve, "nice tea")
        await tools_of(host, "nice tea")
        await by(host, "comment-pin").click()
        await expect(by(host, "pinned-comment")).to_contain_text("nice tea")

        await say(eve, "rubbish")
        await tools_of(host, "rubbish")
        await by(host, "comment-remove").click()
        await expect(by(host, "comment").filter(has_text="rubbish")).to_have_count(1)  # it asks
        await by(host, "comment-remove").click()
        await expect(by(host, "comment").filter(has_text="rubbish")).to_have_count(0)

        await tools_of(host, "nice tea")
        await by(host, "comment-mute").click()
        await expect(by(host, "toast").filter(has_text="Muted")).to_be_visible()
        await by(host, "side-people").click()
        await expect(by(host, "muted")).to_contain_text("Eve")
        await by(host, "toast-undo").click()
        await expect(by(host, "muted")).to_have_count(0)

        await tools_of(host, "nice tea")
        await by(host, "comment-role").click()
        assert (await eve.event("role"))["role"] == "assistant"
        await expect(by(host, "assistants")).to_contain_text("Eve")
        await by(host, "assistants-undo").click()
        await expect(by(host, "assistants")).to_have_count(0)

        await tools_of(host, "nice tea")
        await by(host, "comment-ban").click()
        await by(host, "comment-ban").click()
        assert (await eve.closed())[0] == 4507
    await expect(by(host, "banned")).to_contain_text("Eve")


async def test_rules_of_the_house_are_set_and_hold(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    host = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    await by(host, "side-people").click()
    await by(host, "blocked-words").fill("rubbish\n\n junk ")
    await by(host, "blocked-save").click()
    await expect(by(host, "toast")).to_contain_text("rules are kept")
    await host.get_by_text("30 s", exact=True).click()
    await expect(by(host, "slow-30")).to_be_checked()
    async with live_server.client(room, live_server.token(room, "host")) as other:
        rules = await other.ask("rules")
    assert (rules["slow_mode_s"], rules["blocked_words"]) == (30, ["rubbish", "junk"])


async def test_announcements_polls_and_questions(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    host = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    async with live_server.client(room, live_server.token(room)) as viewer:
        await by(host, "side-talk").click()
        await by(host, "announce-text").fill("Five minutes to go")
        await by(host, "announce-send").click()
        assert (await viewer.event("announcement"))["text"] == "Five minutes to go"

        await by(host, "poll-question").fill("Which tea?")
        await by(host, "poll-options").fill("Green\nBlack")
        await by(host, "poll-open").click()
        poll = (await viewer.event("poll"))["poll"]
        await viewer.ask("vote", poll_id=poll["poll_id"], option=1)
        await expect(by(host, "poll-votes-1")).to_have_text("1")
        await by(host, "poll-close").click()
        await by(host, "poll-close").click()
        await expect(by(host, "host-poll")).to_have_attribute("data-closed", "true")

        await viewer.ask("ask_question", text="How long does it keep?")
        question = by(host, "host-question")
        await expect(question).to_contain_text("How long does it keep?")
        await by(host, "question-answer").click()
        await expect(question).to_have_count(0)


async def test_a_flash_sale_takes_two_clicks_and_shows_what_viewers_see(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server, start=False)
    host = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    viewer = await enter(await open_page(), live_server, room)
    await by(host, "start-sale-flash").click()
    preview = await by(host, "start-preview").get_by_test_id("price").inner_text()
    await by(host, "confirm-start").click()
    await expect(by(viewer, "product-card").get_by_test_id("price")).to_have_text(preview)
    await expect(by(viewer, "countdown").first).to_be_visible()
    await expect(by(viewer, "buy-button").first).to_have_attribute("data-state", "buy")


async def test_a_sale_is_paused_and_goes_on(live_server: LiveServer, open_page: OpenPage) -> None:
    room = await open_room(live_server)
    host = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    phase = by(host, "sale-phase-flash")
    await by(host, "pause-flash").click()
    await expect(phase).to_have_attribute("data-state", "paused")
    await by(host, "toast-undo").click()
    await expect(phase).to_have_attribute("data-state", "open")
    await by(host, "pause-flash").click()
    await expect(phase).to_have_attribute("data-state", "paused")
    await by(host, "pause-flash").click()
    await expect(phase).to_have_attribute("data-state", "open")


async def test_the_run_of_show_goes_on_by_keyboard(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server, start=False)
    host = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    other = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    await by(host, "rundown-edit").click()
    await choose_step(host, "note")
    await by(host, "step-text").fill("Say hello")
    await add_step(host, 1)
    await expect(by(host, "step-text")).to_have_value("")
    await choose_step(host, "pin")
    await by(host, "step-product").select_option("tea")
    await add_step(host, 2)
    await choose_step(host, "announce")
    await by(host, "step-text").fill("Here we go")
    await add_step(host, 3)
    await choose_step(host, "start_sale")
    await by(host, "step-sale").select_option("flash")
    await add_step(host, 4)
    await host.keyboard.press("Escape")
    await expect(by(other, "rundown").locator(".step")).to_have_count(4)
    for number in range(1, 5):
        await host.keyboard.press("n")
        await expect(by(host, "rundown-done")).to_have_text(f"{number} of 4 done")
    await expect(by(host, "announcement")).to_contain_text("Here we go")
    await expect(by(host, "product-tea")).to_have_attribute("data-pinned", "true")
    await expect(by(host, "sale-phase-flash")).not_to_have_attribute("data-state", "scheduled")
    await expect(by(other, "rundown-done")).to_have_text("4 of 4 done")
    await host.reload()
    await expect(by(host, "rundown-done")).to_have_text("4 of 4 done")


async def choose_step(host: Page, kind: str) -> None:
    radio = by(host, f"step-kind-{kind}")
    await host.locator("label", has=radio).click()
    await expect(radio).to_be_checked()


async def add_step(host: Page, now: int) -> None:
    """Adds what the form holds; `now` is how many steps there are then."""
    await by(host, "step-add").click()
    await expect(by(host, "rundown-sheet").locator(".step")).to_have_count(now)


async def test_keys_pin_and_help_and_stay_out_of_what_is_typed(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    host = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    tea = by(host, "product-tea")
    await expect(tea).to_be_visible()
    await host.keyboard.press("1")
    await expect(tea).to_have_attribute("data-pinned", "true")
    await host.keyboard.press("0")
    await expect(tea).to_have_attribute("data-pinned", "false")
    await host.keyboard.press("c")
    await host.keyboard.type("1 of 10?")
    await expect(by(host, "comment-input")).to_have_value("1 of 10?")
    await expect(tea).to_have_attribute("data-pinned", "false")
    await by(host, "comment-input").blur()
    await host.keyboard.press("?")
    await expect(by(host, "help-sheet")).to_contain_text("next step")
    await host.keyboard.press("Escape")
    await expect(by(host, "help-sheet")).to_have_count(0)


async def test_a_picture_is_uploaded_and_shown_to_viewers(
    live_server: LiveServer, open_page: OpenPage, tmp_path: Path
) -> None:
    room = await open_room(live_server)
    sent = tmp_path / "tea.png"
    Image.new("RGB", (1600, 1200), "#17703f").save(sent)
    fake = tmp_path / "fake.png"
    fake.write_text("<script>alert(1)</script>")
    host = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    viewer = await enter(await open_page(), live_server, room)
    await by(host, "edit-tea").click()
    await by(host, "form-title").fill("Autumn tea")
    # As the browser says that no file was chosen.
    await by(host, "form-picture-file").dispatch_event("cancel", {"bubbles": True})
    await expect(by(host, "form-title")).to_have_value("Autumn tea")
    await by(host, "form-picture-file").set_input_files(fake)
    await expect(by(host, "toast")).to_contain_text("Only JPEG, PNG or WebP")
    await by(host, "form-picture-file").set_input_files(sent)
    await expect(by(host, "form-picture")).to_have_value(kept_picture())
    await by(host, "form-title").fill("Spring tea")
    await by(host, "confirm-edit").click()
    card = by(viewer, "product-card")
    await expect(card).to_contain_text("Spring tea")
    await expect(card.locator("img.picture")).to_have_attribute("src", kept_picture())
    width = await card.locator("img.picture").evaluate(
        "image => image.decode().then(() => image.naturalWidth)"
    )
    assert width == 1024


def kept_picture() -> re.Pattern[str]:
    return re.compile(r"^/pictures/[0-9a-f]{32}\.webp$")


async def test_products_are_put_in_order(live_server: LiveServer, open_page: OpenPage) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as maker:
        await maker.ask("put_product", product_id="cup", title="Cup", list_price_cents=100)
    host = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    rows = host.locator(".product-row")
    await expect(rows.first).to_contain_text("Cup")
    await by(host, "down-cup").click()
    await expect(rows.first).to_contain_text("Tea")
    await host.reload()
    await expect(rows.first).to_contain_text("Tea")


async def test_orders_are_saved_as_a_file(live_server: LiveServer, open_page: OpenPage) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room)) as buyer:
        bought = await buyer.ask(
            "reserve", reservation_id=new_id(), lines=[{"sale_id": "flash", "quantity": 1}]
        )
    host = await open_panel(await open_page(viewport=DESKTOP), live_server, room)
    await expect(host.locator(".host-order")).to_have_count(1)
    async with host.expect_download() as started:
        await by(host, "export-orders").click()
    download = await started.value
    assert download.suggested_filename == f"orders-{room}.csv"
    text = (await download.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["order"] for row in rows] == [bought["hold"]["reservation_id"]]


@pytest.mark.parametrize(("locale", "scheme"), LOOKS)
async def test_no_part_of_the_panel_has_a_grave_barrier(
    live_server: LiveServer, open_page: OpenPage, locale: str, scheme: str
) -> None:
    room = await open_room(live_server, start=False)
    page = await open_page(viewport=DESKTOP, locale=locale, color_scheme=scheme)
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    host = await open_panel(page, live_server, room)
    async with live_server.client(room, await live_server.guest(room)) as viewer:
        await say(viewer, "hello")
        await viewer.ask("ask_question", text="How long does it keep?")
        await tools_of(host, "hello")
        for side in ("orders", "talk", "people"):
            await by(host, f"side-{side}").click()
            assert await barriers(host) == [], side
    for opener, sheet in (
        ("rundown-edit", "rundown-sheet"),
        ("edit-tea", "edit-sheet"),
        ("new-product", "new-sale-sheet"),
        ("start-sale-flash", "start-sheet"),
        ("restock-flash", "restock-sheet"),
        ("help", "help-sheet"),
    ):
        await by(host, opener).click()
        await expect(by(host, sheet)).to_be_visible()
        assert await barriers(host) == [], sheet
        await host.keyboard.press("Escape")
        await expect(by(host, sheet)).to_have_count(0)
    assert refused == [], "the page's policy refuses nothing that the page does"
