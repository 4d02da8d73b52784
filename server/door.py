"""What happens to a socket before it is a WebSocket: it is counted, hurried, and handed over whole.

This is uvicorn's HTTP protocol class (`http=Door`) with three things it lacks: a limit on sockets,
refused as they are accepted; a deadline for a request's arrival, so that a head that trickles in
cannot keep a socket; and bytes that come in one read with a WebSocket handshake reach the
WebSocket. If you change who counts a socket, also change `Connection.connection_lost`.
"""

import asyncio
import logging
import resource
from typing import cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from server.connection import Connection
from server.live import Live

log = logging.getLogger("kaibo.door")

SPARE_FILES = 512  # what a worker opens besides its connections
READ_FIRST_S = 0.1  # more than a turn of the loop, so that every socket is read in between


def allow_connections(connections_max: int) -> None:
    """Let this process open as many files as its connections need: a shell's limit is often 1,024,
    and past it the kernel refuses viewers without a word."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections_max + SPARE_FILES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        log.info("the system allows %d open files, fewer than connections_max", allowed)


class Door(H11Protocol):
    """One socket while it speaks HTTP."""

    _address: str | None = None  # set while this counts the socket
    _request_due: asyncio.TimerHandle | None = None
    _is_upgraded = False

    @property
    def _live(self) -> Live:
        live: Live = self.app_state["live"]
        return live

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if self._live.census.enter(address):
            self._address = address
            self._hurry()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._relax()
        if self._address is not None:
            self._live.census.leave(self._address)

    def handle_events(self) -> None:
        super().handle_events()
        if self._is_upgraded or not self._is_receiving():
            self._relax()
        else:
            self._hurry()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        super().handle_websocket_upgrade(event)
        self._is_upgraded = True
        connection = cast(Connection, self.transport.get_protocol())
        early, _ = self.conn.trailing_data
        connection.take_over(self._address or "", early)

    def _is_receiving(self) -> bool:
        """Whether a request has begun to arrive and is not complete."""
        state = self.conn.their_state
        return state is h11.SEND_BODY or (state is h11.IDLE and bool(self.conn.trailing_data[0]))

    def _hurry(self) -> None:
        if self._request_due is None:
            timeout_s = self._live.settings.request_timeout_s
            self._request_due = self.loop.call_later(timeout_s, self._overdue)

    def _overdue(self) -> None:
        """What has arrived is read before anybody is blamed: in a storm of thousands one turn of
        the event loop may take seconds, and a timer may be looked at before the sockets."""
        self._request_due = self.loop.call_later(READ_FIRST_S, self.transport.abort)

    def _relax(self) -> None:
        if self._request_due is not None:
            self._request_due.cancel()
            self._request_due = None
