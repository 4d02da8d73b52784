"""What moderation looks like to a viewer: taken down, put up, announced, and told why not."""

from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_main_job import enter
from tests.harness import LiveServer, open_room


async def say(page: Page, text: str) -> None:
    await page.get_by_test_id("comment-input").fill(text)
    await page.get_by_test_id("comment-send").click()


async def test_a_viewer_sees_what_moderators_do(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        page = await enter(await open_page(), live_server, room)
        await say(page, "Is it fresh?")
        said = (await host.event("comment"))["comment"]
        shown = page.get_by_test_id("comment").filter(has_text="Is it fresh?")
        await expect(shown).to_have_count(1)

        await host.ask("pin_comment", comment_id=said["comment_id"])
        pinned = page.get_by_test_id("pinned-comment")
        await expect(pinned).to_contain_text("Is it fresh?")
        await host.ask("announce", text="Five minutes to go")
        announcement = page.get_by_test_id("announcement")
        await expect(announcement).to_contain_text("Five minutes to go")
        await announcement.get_by_role("button").click()
        await expect(announcement).to_have_count(0)
        await page.reload()
        await expect(pinned).to_contain_text("Is it fresh?")

        await host.ask("remove_comment", comment_id=said["comment_id"])
        await expect(pinned).to_have_count(0)
        await expect(shown).to_have_count(0)

        await host.ask("mute", user_id=said["user_id"], duration_s=600)
        await say(page, "Hello?")
        await expect(page.get_by_test_id("toast")).to_contain_text("muted")
        await expect(page.get_by_test_id("comment-input")).to_have_value("Hello?")

        await host.ask("ban", user_id=said["user_id"])
        bar = page.get_by_test_id("connection-bar")
        await expect(bar).to_have_attribute("data-state", "stopped")
        await page.reload()
        await expect(page.get_by_test_id("gone")).to_have_attribute("data-why", "banned")


async def test_rules_are_told_in_both_languages(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        await host.ask("set_rules", slow_mode_s=600, blocked_words=["微信"])
        for locale, blocked, slowed in (
            ("en-US", "not allowed", "Slow mode"),
            ("zh-CN", "不允许", "慢速模式"),
        ):
            page = await enter(await open_page(locale=locale), live_server, room)
            await expect(page.get_by_test_id("product-card")).to_be_visible()  # it is welcomed
            toasts = page.get_by_test_id("toast")
            await say(page, "加 微*信")
            await expect(toasts.filter(has_text=blocked)).to_have_count(1)
            await say(page, "first")
            first = page.get_by_test_id("comment").filter(has_text="first")
            await expect(first.last).to_be_visible()
            await say(page, "second")
            await expect(toasts.filter(has_text=slowed)).to_have_count(1)
