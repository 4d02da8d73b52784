"""The reference pages, made from what the server itself runs on: types, settings, endpoints, help.

`python -m server.reference` writes them into docs/reference; a test fails when a page is not what
would be written. What no type says (order, duty, meaning) is prose in the templates beside this
file; each table that adds words to a code or an event is complete or the page is refused.
"""

from collections.abc import Callable

from server.reference import asyncapi, cli, http, protocol, settings

PAGES: dict[str, Callable[[], str]] = {
    "protocol.md": protocol.render,
    "http.md": http.render,
    "settings.md": settings.render,
    "cli.md": cli.render,
    "asyncapi.json": asyncapi.render,
}

__all__ = ["PAGES"]
