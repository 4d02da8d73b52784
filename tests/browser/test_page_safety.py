"""What strangers write never becomes part of the page, and what is yours never leaves it."""

import re

from playwright.async_api import ConsoleMessage, Page, Request, expect

from tests.browser.conftest import OpenPage
from tests.browser.films import film, show
from tests.browser.test_main_job import by, enter, video_plays
from tests.harness import LiveServer, open_room

EVIL = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


async def test_a_comment_a_question_and_a_poll_are_text_and_nothing_else(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host", name="<b>Lin</b>")) as host:
        page = await enter(await open_page(), live_server, room)
        said = await host.ask("comment", text=EVIL)
        await host.ask("pin_comment", comment_id=said["comment"]["comment_id"])
        await host.ask("announce", text=EVIL)
        await host.ask("open_poll", poll_id="p", question=EVIL[:60], options=["<b>a</b>", "<i>b"])
        await host.ask("ask_question", text=EVIL)
        for testid in ("comment-list", "pinned-comment", "announcement"):
            await expect(by(page, testid)).to_contain_text(EVIL)
        await expect(by(page, "poll")).to_contain_text("<b>a</b>")
        await by(page, "questions-button").click()
        await expect(by(page, "question")).to_contain_text(EVIL)
        assert await page.locator("img[src='x'], b, i, body script").count() == 0
        assert await page.title() != "owned"


async def test_the_policy_is_sent_and_holds(live_server: LiveServer, open_page: OpenPage) -> None:
    room = await open_room(live_server)
    page = await open_page()
    answer = await page.goto(f"{live_server.url}/r/{room}")
    assert answer is not None
    policy = (await answer.all_headers())["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    await page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "document.title = 'owned'";
          document.body.append(script);
          const link = document.createElement("a");
          link.setAttribute("onclick", "document.title = 'owned'");
          document.body.append(link);
          link.click();
        }"""
    )
    assert await page.title() != "owned"


async def test_no_other_page_can_frame_the_shop(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    page = await open_page()
    await page.goto(f"{live_server.url}/health/live")  # a page of another policy
    async with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        await page.evaluate(
            """url => {
              const frame = document.createElement("iframe");
              frame.src = url;
              document.body.append(frame);
            }""",
            f"{live_server.url}/r/{room}",
        )


async def test_nothing_on_the_page_breaks_its_own_policy(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    await show(live_server, room, film(live_server, "policy", duration_s=6))
    page = await open_page()
    complaints = watch_complaints(page)
    await enter(page, live_server, room)
    await video_plays(page)
    await by(page, "like-button").click()
    await by(page, "bag-button").click()
    assert complaints == []


def watch_complaints(page: Page) -> list[str]:
    """What the browser's console says of refused content and of errors, from now on."""
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            said.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


async def test_a_token_is_in_no_address_no_cookie_and_no_log(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    page = await open_page()
    addresses: list[str] = []

    def note(request: Request) -> None:
        addresses.append(request.url)

    page.on("request", note)
    page.on("websocket", lambda socket: addresses.append(socket.url))
    await enter(page, live_server, room)
    await page.reload()
    await expect(by(page, "buy-button")).to_have_attribute("data-state", "buy")
    kept = await page.evaluate("JSON.stringify(localStorage)")
    token = re.search(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", kept)
    assert token is not None
    assert len(addresses) > 5
    assert not [address for address in addresses if token[0] in address]
    assert token[0] not in live_server.log()
    assert await page.context.cookies() == [], "without cookies nothing can be forged across sites"
