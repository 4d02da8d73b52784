"""uvicorn for the peers that are ASGI applications; its own choice of a WebSocket protocol."""

from typing import Any

import uvicorn

from loadtests.bench.peers.channel import BACKLOG, announce, listener


def serve(app: Any) -> None:
    """Serve until a signal comes."""
    bound = listener()
    config = uvicorn.Config(
        app,
        loop="uvloop",
        backlog=BACKLOG,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        log_level="error",
        timeout_graceful_shutdown=1,
    )
    announce(bound)
    uvicorn.Server(config).run(sockets=[bound])
