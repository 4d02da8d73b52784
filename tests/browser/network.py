"""A network that fails at the worst moment, between a page and the real server."""

import asyncio
from collections.abc import Callable

from playwright.async_api import Page, WebSocketRoute


async def lose_answer(page: Page, is_lost: Callable[[bytes], bool]) -> asyncio.Event:
    """From the next load on, the first frame for which `is_lost` never reaches the page, whose
    connection drops instead; says when it did. What the page sent was carried out."""
    dropped = asyncio.Event()

    def between(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        async def to_page(message: str | bytes) -> None:
            if isinstance(message, bytes) and not dropped.is_set() and is_lost(message):
                dropped.set()
                await route.close(code=1012)
                await server.close()
            else:
                route.send(message)

        route.on_message(server.send)
        server.on_message(to_page)

    await page.route_web_socket("**/live**", between)
    return dropped


class Cable:
    """The page's connection, which can be cut and mended again."""

    def __init__(self) -> None:
        self._is_cut = False
        self._routes: list[WebSocketRoute] = []

    @classmethod
    async def of(cls, page: Page) -> "Cable":
        """From the page's next load on."""
        cable = cls()
        await page.route_web_socket("**/live**", cable._between)
        return cable

    def _between(self, route: WebSocketRoute) -> None:
        if self._is_cut:
            asyncio.get_running_loop().create_task(route.close(code=1012))
            return
        server = route.connect_to_server()
        route.on_message(server.send)
        server.on_message(route.send)
        self._routes.append(route)

    async def cut(self) -> None:
        self._is_cut = True
        for route in self._routes:
            await route.close(code=1012)
        self._routes.clear()

    def mend(self) -> None:
        self._is_cut = False
