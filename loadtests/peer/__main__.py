"""`python -m loadtests.peer`: stock uvicorn, whose supervisor replaces dead workers."""

import argparse
import os

import uvicorn
from uvicorn.supervisors import Multiprocess

from loadtests.bench.peers.channel import BACKLOG, announce


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--redis", required=True)
    parser.add_argument("--orders", required=True, help="the SQLite file")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    os.environ |= {"PEER_REDIS_URL": options.redis, "PEER_ORDERS_PATH": options.orders}
    config = uvicorn.Config(
        "loadtests.peer.app:app",
        port=0,
        workers=options.workers,
        backlog=BACKLOG,
        ws_per_message_deflate=False,
        log_level="error",
        timeout_graceful_shutdown=1,
    )
    bound = config.bind_socket()
    announce(bound)
    Multiprocess(config, sockets=[bound]).run()


if __name__ == "__main__":
    main()
