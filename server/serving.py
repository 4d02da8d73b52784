"""The listening socket, bound before anything is told its port, and uvicorn on top of it.

`Server` is uvicorn except that a signal only asks it to stop (what was opened around it closes
afterwards, in order), and that live connections are drained before it ends them.
"""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from server.connection import Connection
from server.door import Door, allow_connections
from server.drain import drain
from server.garbage import collect_rarely
from server.live import Live
from server.settings import Settings

UNSENT_BYTES_MAX = 65_536  # what the kernel may hold back for one connection
BACKLOG = 8_192  # who waits to be accepted; past that, or the system's own limit, clients try again
DRAIN_TIMEOUT_S = 10  # how long clients get to answer the close of a stopping server
_ANOTHER_PORT = "--port 9000, or KAIBO_PORT=9000 make demo"
_ANOTHER_HOST = "--host 127.0.0.1, or KAIBO_HOST=127.0.0.1 make demo"
_ABOUT_THE_PORT = {errno.EADDRINUSE, errno.EACCES, errno.EPERM}


class CannotListen(Exception):
    """The address cannot be bound; the message says which flag to change."""


class Server(uvicorn.Server):
    """uvicorn with the stopping of this module's header."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()  # new connections go to other workers
        await drain(self._live.connections)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def bind(settings: Settings, *, shared: bool = False) -> socket.socket:
    """The socket to serve on. Raises CannotListen.

    `shared`: other sockets may be bound to the same port (SO_REUSEPORT); the kernel spreads
    connections over those that listen.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        # Accepted sockets inherit it. Without it Linux buffers megabytes for a viewer that does
        # not read, and nobody would know how far behind it is.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES_MAX)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        advice = _ANOTHER_PORT if error.errno in _ABOUT_THE_PORT else _ANOTHER_HOST
        raise CannotListen(
            f"cannot listen on {settings.host} port {settings.port}"
            f" ({error.strerror or error}): choose another with {advice}"
        ) from None
    listener.setblocking(False)
    return listener


def local_url(host: str, port: int) -> str:
    """Where a server that listens on `host` and `port` is reached from this machine."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def local_url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return local_url(host, port)


async def serve(app: Starlette, live: Live, listener: socket.socket) -> None:
    """Answer on `listener` until SIGINT or SIGTERM."""
    allow_connections(live.settings.connections_max)
    config = uvicorn.Config(
        app,
        http=Door,  # on h11, the parser that bounds the size of a request's head
        h11_max_incomplete_event_size=live.settings.header_bytes_max,
        ws=Connection,
        backlog=BACKLOG,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_TIMEOUT_S,
    )
    collect_rarely()
    await Server(config, live).serve(sockets=[listener])
