"""One browser for all journeys, on one event loop.

Playwright's synchronous API leaves its own loop running in the thread, which breaks every async
test after it; so journeys use the asynchronous API, and all of them share the session's loop.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.browser.chromium import Chromium, find_chromium

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}

OpenPage = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """A Chromium that starts; without one the run fails and says what to install."""
    return find_chromium()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: Chromium) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=chromium.executable,
            args=list(chromium.args),
            env={**os.environ, **chromium.environ},
        )
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """`await open_page(viewport=PHONE, locale="zh-CN")`: a page of a person of its own."""
    contexts: list[BrowserContext] = []

    async def open_one(
        viewport: dict[str, int] = PHONE, locale: str = "en-US", **options: Any
    ) -> Page:
        # The type in Playwright is a TypedDict with the same two keys.
        context = await browser.new_context(viewport=viewport, locale=locale, **options)  # type: ignore[arg-type]
        contexts.append(context)
        return await context.new_page()

    yield open_one
    for context in contexts:
        await context.close()
