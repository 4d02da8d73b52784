"""What a viewer does with the others: votes, asks, hears of purchases, passes the room on."""

import asyncio

from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.test_main_job import WAIT_MS, buy, by, enter, pay
from tests.harness import LiveServer, new_id, open_room


async def test_a_poll_is_voted_in_once_and_shows_its_result(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        await host.ask("open_poll", poll_id="p1", question="Which tea?", options=["Green", "Black"])
        for viewport in (PHONE, DESKTOP):
            page = await enter(await open_page(viewport=viewport), live_server, room)
            await by(page, "poll-option-1").click()
            await expect(by(page, "poll-result-1")).to_have_attribute("data-mine", "true")
        await expect(by(page, "poll-votes")).to_have_text("2 votes so far")
        await page.reload()  # which forgets the vote; the server does not
        await by(page, "poll-option-0").click()
        await expect(by(page, "poll-result-1")).to_have_attribute("data-mine", "true")
        await host.ask("close_poll", poll_id="p1")
        await expect(by(page, "poll-votes")).to_have_text("Closed with 2 votes")
        await by(page, "poll-close").click()
        await expect(by(page, "poll")).to_have_count(0)


async def test_a_question_is_asked_upvoted_by_another_and_answered(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    ann = await enter(await open_page(), live_server, room)
    bob = await enter(await open_page(), live_server, room)
    for page in (ann, bob):
        await by(page, "questions-button").click()
    await by(ann, "question-input").fill("How long does it keep?")
    await by(ann, "question-send").click()
    await expect(by(ann, "question-input")).to_have_value("")
    await by(bob, "upvote").click()
    await expect(by(bob, "upvote")).to_have_attribute("aria-pressed", "true")
    await expect(by(ann, "upvote")).to_have_text("1")
    async with live_server.client(room, live_server.token(room, "host")) as host:
        question_id = host.welcome["questions"][0]["question_id"]
        await host.ask("answer_question", question_id=question_id)
    await expect(by(ann, "question")).to_have_count(0)


async def test_others_hear_of_a_purchase_under_a_masked_name(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    ann = await enter(await open_page(), live_server, room)
    bob = await enter(await open_page(), live_server, room)
    await buy(ann)
    await pay(ann)
    await expect(by(bob, "bought")).to_contain_text("just bought Tea")
    assert "guest" not in await by(bob, "bought").inner_text()


async def test_the_room_can_be_passed_on_without_passing_oneself_on(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    page = await open_page(viewport=DESKTOP, permissions=["clipboard-read", "clipboard-write"])
    await page.add_init_script("delete Navigator.prototype.share")  # as on most desktops
    await enter(page, live_server, room)
    await by(page, "share").click()
    await expect(by(page, "toast")).to_have_text("Link copied")
    assert await page.evaluate("navigator.clipboard.readText()") == f"{live_server.url}/r/{room}"


async def comments_in_document(page: Page) -> int:
    return await by(page, "comment").count()


async def test_a_talkative_room_stays_small_and_a_reader_stays_in_place(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    page = await enter(await open_page(viewport=DESKTOP), live_server, room)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        for number in range(55):
            await host.ask("comment", text=f"line {number}", comment_id=new_id())
        newest = by(page, "comment").filter(has_text="line 54")
        await expect(newest).to_be_in_viewport()
        assert await comments_in_document(page) == 40

        await by(page, "comment-list").hover()
        await page.mouse.wheel(0, -300)
        await expect(newest).not_to_be_in_viewport()
        async with asyncio.timeout(WAIT_MS / 1000):
            while await comments_in_document(page) != 55:  # all there are can be read
                await asyncio.sleep(0.05)
        read = page.get_by_text("line 40", exact=True)
        before = await read.bounding_box()
        await host.ask("comment", text="one more")
        await expect(by(page, "comments-new")).to_have_text("↓ 1 new")
        assert await read.bounding_box() == before
        await by(page, "comments-new").click()
        await expect(page.get_by_text("one more", exact=True)).to_be_in_viewport()
        await expect(by(page, "comments-new")).to_have_count(0)
