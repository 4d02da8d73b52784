"""One worker of several: `python -m server.worker`, started by the supervisor with its settings in
the environment. It binds its own socket on the shared port (SO_REUSEPORT), so the kernel spreads
connections evenly, and says `READY` on stdout when it answers.
"""

import asyncio
import contextlib
import logging
import sys

import uvloop

from server.app import open_server
from server.serving import bind, local_url_of, serve
from server.settings import Settings
from server.stores import open_stores
from server.supervisor import READY


async def work(settings: Settings) -> None:
    """Serve until SIGTERM."""
    with contextlib.closing(bind(settings, shared=True)) as listener:
        url = local_url_of(listener)
        async with (
            open_stores(settings) as stores,
            open_server(stores, settings.public_url or url, url) as running,
        ):
            stopped = asyncio.create_task(serve(running.app, running.live, listener))
            sys.stdout.write(f"{READY}\n")
            sys.stdout.flush()
            await stopped


def main() -> None:
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s"
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work(Settings.load()))


if __name__ == "__main__":
    main()
