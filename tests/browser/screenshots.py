"""Takes the docs' pictures from the running demo: `python -m tests.browser.screenshots [FOLDER]`.

A host sells, two viewers talk, vote and buy; each page is taken in both languages and both sizes.
Look at each before it is committed. docs/explanation/pages.md shows them all; a test looks whether
it does.
"""

import asyncio
import io
import os
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.chromium import find_chromium
from tests.harness import LiveServer, new_id

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
LANGUAGES = {"en": "en-US", "zh": "zh-CN"}
TALK = {
    "en": ["Is this the first picking?", "Shipping to Chengdu?", "That gaiwan is lovely"],
    "zh": ["是头采吗？", "能发成都吗？", "这只盖碗真好看"],
}
POLL = {
    "en": ("Which tea next?", ["Longjing", "Pu'er", "Oolong"]),
    "zh": ("下一款想看什么茶？", ["龙井", "普洱", "乌龙"]),
}
PLAN = {
    "en": ("Welcome, and how tonight works", "Two minutes to the flash sale"),
    "zh": ("欢迎，讲一下今晚的玩法", "两分钟后开抢"),
}
QUALITY = 88  # of WebP: a fifth of a PNG's bytes, and no difference that one would see
Shoot = Callable[[Page, str], Awaitable[None]]
DEFAULT_FOLDER = Path(__file__).parents[2] / "docs" / "images"


async def take(folder: Path) -> None:
    """Every picture, into `folder`."""
    chromium = find_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.executable,
            args=list(chromium.args),
            env={**os.environ, **chromium.environ},
        )
        for language in LANGUAGES:
            with tempfile.TemporaryDirectory() as data_dir:
                server = LiveServer(Path(data_dir) / "data", command="demo")
                server.start()
                try:
                    await _take_in(language, server, browser, folder)
                finally:
                    server.stop()
        await browser.close()


async def _take_in(language: str, server: LiveServer, browser: Browser, folder: Path) -> None:
    locale = LANGUAGES[language]

    async def page(viewport: dict[str, int], url: str) -> Page:
        context = await browser.new_context(viewport=viewport, locale=locale)  # type: ignore[arg-type]
        opened = await context.new_page()
        await opened.goto(url)
        return opened

    async def shoot(of: Page, name: str) -> None:
        await asyncio.sleep(1.0)  # let movements end: these are pictures, not tests
        png = await of.screenshot(full_page=name == "screen-phone")
        picture = folder / f"{name}-{language}.webp"
        Image.open(io.BytesIO(png)).convert("RGB").save(picture, quality=QUALITY, method=6)
        print(picture.name)

    link = re.search(r"Host +(\S+)", server.printed)
    assert link is not None
    host = await page(DESKTOP, link[1])
    phone = await page(PHONE, f"{server.url}/r/demo")
    desktop = await page(DESKTOP, f"{server.url}/r/demo")
    await host.get_by_test_id("pin-longjing").click()
    await _talk(phone, language)
    await phone.get_by_test_id("product-card").wait_for()
    await _plan_and_poll(server, language, phone, shoot)
    await _sell(host, phone, desktop, shoot)
    await _pay(phone, desktop, shoot)
    await shoot(host, "host-desktop")
    await shoot(await page(PHONE, link[1]), "host-phone")
    for viewport, name in ((DESKTOP, "desktop"), (PHONE, "phone")):
        screen = await page(viewport, link[1].replace("/host/", "/screen/"))
        await screen.locator("[data-testid=screen-orders]:not(:text-is('0'))").wait_for()
        await shoot(screen, f"screen-{name}")
        await shoot(await page(viewport, server.url), f"lobby-{name}")


async def _sell(host: Page, phone: Page, desktop: Page, shoot: Shoot) -> None:
    """The host's two clicks, the countdown, and both viewers' first press."""
    await host.get_by_test_id("start-sale-flash-1").click()
    await shoot(host, "host-desktop-start")
    await host.get_by_test_id("confirm-start").click()
    await _button(phone, "counting")
    await shoot(phone, "viewer-phone-countdown")
    for viewer, name in ((desktop, "viewer-desktop"), (phone, "viewer-phone")):
        await _button(viewer, "buy")
        await shoot(viewer, name)
    for viewer in (phone, desktop):
        await viewer.get_by_test_id("buy-button").click()
        await _button(viewer, "held")
    await shoot(phone, "viewer-phone-held")
    await desktop.get_by_test_id("orders-button").click()
    await shoot(desktop, "viewer-desktop-orders")
    await desktop.get_by_test_id("sheet-close").click()


async def _pay(phone: Page, desktop: Page, shoot: Shoot) -> None:
    """The phone pays; the desk has its pay page open when the host is looked at."""
    for viewer, name in ((desktop, "desktop"), (phone, "phone")):
        async with viewer.context.expect_page() as opening:  # beside the room
            await viewer.get_by_test_id("buy-button").click()
        tab = await opening.value
        await tab.get_by_test_id("sandbox-pay").wait_for()
        await shoot(tab, f"pay-{name}")
    await shoot(phone, "viewer-phone-paying")
    await tab.get_by_test_id("sandbox-pay").click()
    await phone.locator("[data-testid=order-item][data-state=paid]").wait_for()
    await shoot(phone, "viewer-phone-orders")
    await phone.get_by_test_id("sheet-close").click()
    await phone.get_by_test_id("bag-button").click()
    await shoot(phone, "viewer-phone-bag")


async def _button(viewer: Page, state: str) -> None:
    await viewer.locator(f"[data-testid=buy-button][data-state={state}]").wait_for()


async def _plan_and_poll(server: LiveServer, language: str, phone: Page, shoot: Shoot) -> None:
    """The run-of-show, of which one step is done; a viewer votes, and asks."""
    question, options = POLL[language]
    note, announcement = PLAN[language]
    steps: list[tuple[str, dict[str, str]]] = [
        ("note", {"text": note}),
        ("pin", {"product_id": "longjing"}),
        ("announce", {"text": announcement}),
        ("start_sale", {"sale_id": "flash-1"}),
    ]
    async with server.client("demo", server.token("demo", "host")) as host:
        plan = [
            {"step_id": f"s{at}", "op": op, "body": body} for at, (op, body) in enumerate(steps)
        ]
        await host.ask("put_rundown", version=0, steps=plan)
        await host.ask("run_step", step_id="s0")
        await host.ask("open_poll", poll_id=f"poll-{language}", question=question, options=options)
        await host.ask("ask_question", text=TALK[language][0], question_id=new_id())
        await phone.get_by_test_id("poll-option-1").click()
        await phone.get_by_test_id("poll-result-1").wait_for()
        await shoot(phone, "viewer-phone-poll")
        await phone.get_by_test_id("poll-close").click()
        await host.ask("close_poll", poll_id=f"poll-{language}")


async def _talk(page: Page, language: str) -> None:
    for text in TALK[language]:
        await page.get_by_test_id("comment-input").fill(text)
        await page.get_by_test_id("comment-send").click()
    for _ in range(5):
        await page.get_by_test_id("like-button").click()


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER
    chosen.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(chosen))
