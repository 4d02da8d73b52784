"""A request's head (its line and headers) under a cap, before anything else looks at it.

uvicorn's parser bounds only a head that arrives in pieces; one that arrives whole is parsed whole,
so the cap is checked again here.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from server.http.problems import HEAD_TOO_LARGE, problem_response
from server.wire.events import ErrorBody


class HeadLimit:
    """ASGI middleware: refuses with 431 what is over `bytes_max`."""

    def __init__(self, app: ASGIApp, bytes_max: int) -> None:
        self._app = app
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or head_bytes(scope) <= self._bytes_max:
            await self._app(scope, receive, send)
            return
        message = f"a request's line and headers may have {self._bytes_max} bytes at most"
        response = problem_response(ErrorBody(code=HEAD_TOO_LARGE, message=message))
        await response(scope, receive, send)


def head_bytes(scope: Scope) -> int:
    """The size of the head as it was sent, but for the words that every request has."""
    line = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    return line + sum(len(name) + len(value) + len(": \r\n") for name, value in scope["headers"])
