"""How a socket ends, so that the peer learns why and nobody waits for ever.

    close   our close frame; the peer answers with its own; then both sides hang up
    fail    our close frame and we hang up: the peer broke the rules, its input is thrown away
    hang up half-close, then read and discard until the peer's end of stream

Closing with input unread would make the kernel send a reset, which on many systems destroys the
close frame before the peer has read it. Whatever the peer does, the socket is aborted after
`CLOSE_TIMEOUT_S`, also with output that it never read.
"""

import asyncio
from collections.abc import Callable

from websockets.exceptions import InvalidState
from websockets.protocol import State
from websockets.server import ServerProtocol

from server.wire.codes import CloseCode

CLOSE_TIMEOUT_S = 5.0
REASON_CHARACTERS_MAX = 100  # a control frame has room for 123 bytes


class Farewell:
    """The ending of one socket, and the writing of what its protocol wants to say.

    `ended` is called when a close frame was sent, or cannot be: no message may be written then.
    """

    __slots__ = ("_abort_due", "_ended", "_loop", "_socket", "_transport")

    def __init__(
        self,
        transport: asyncio.Transport,
        socket: ServerProtocol,
        loop: asyncio.AbstractEventLoop,
        ended: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._socket = socket
        self._loop = loop
        self._ended = ended
        self._abort_due: asyncio.TimerHandle | None = None

    def close(self, code: CloseCode, reason: str) -> None:
        """Start the closing handshake. A socket that is ending already ends as it was about to."""
        try:
            self._socket.send_close(code, reason[:REASON_CHARACTERS_MAX])
        except InvalidState:
            self.abort_soon()
            return
        self.flush()
        self.abort_soon()

    def fail(self, code: CloseCode, reason: str) -> None:
        """End at once; what the peer sends from now on is not parsed."""
        if not self._socket.eof_sent:
            self._socket.fail(code, reason[:REASON_CHARACTERS_MAX])
            self.flush()

    def flush(self) -> None:
        """Write what the protocol has to say."""
        for data in self._socket.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._hang_up()
        if self._socket.state > State.OPEN:
            self._ended()

    def abort_soon(self) -> None:
        if self._abort_due is None:
            self._abort_due = self._loop.call_later(CLOSE_TIMEOUT_S, self._transport.abort)

    def lost(self) -> None:
        """The socket is gone."""
        if self._abort_due is not None:
            self._abort_due.cancel()

    def _hang_up(self) -> None:
        if not self._transport.is_closing():
            self._transport.write_eof()
        self.abort_soon()
