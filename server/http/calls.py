"""One request on its way to a handler: who calls, what was sent, and the parts to answer with."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from server.http.parts import HttpParts
from server.tokens import Caller
from server.wire.commands import Command
from server.wire.events import ErrorBody


class Call(NamedTuple):
    """A request that its endpoint lets in. `caller` is None where no token was asked for."""

    parts: HttpParts
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    caller: Caller | None
    message: msgspec.Struct | None  # the validated body, where the endpoint takes one
    body: bytes  # the body as it came, where the endpoint verifies it byte for byte

    @property
    def known_caller(self) -> Caller:
        """The caller of an endpoint that requires a token."""
        assert self.caller is not None
        return self.caller


class Stream(NamedTuple):
    """An answer that is a file, sent while it is made."""

    chunks: AsyncIterator[bytes]
    file_name: str


Handler = Callable[[Call], Awaitable[msgspec.Struct | Stream | ErrorBody]]


def dispatched(op: str) -> Handler:
    """The handler that carries out one command of the wire."""

    async def handle(call: Call) -> msgspec.Struct | Stream | ErrorBody:
        command: Any = call.message
        assert isinstance(command, Command)
        return await call.parts.dispatcher.handle(call.known_caller, op, command)

    return handle
