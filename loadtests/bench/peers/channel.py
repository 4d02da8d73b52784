"""What every peer does alike: read the command line, follow the channel, say where it serves."""

import argparse
import socket
from collections.abc import AsyncIterator
from typing import NamedTuple

from redis.asyncio import Redis

from loadtests.bench.frames import payload_of
from loadtests.own_server import ANNOUNCED

BACKLOG = 4_096


class Options(NamedTuple):
    redis_url: str
    channel: str


def options() -> Options:
    parser = argparse.ArgumentParser()
    parser.add_argument("--redis", required=True)
    parser.add_argument("--channel", required=True)
    given = parser.parse_args()
    return Options(given.redis, given.channel)


async def payloads(redis_url: str, channel: str) -> AsyncIterator[bytes]:
    """What comes on the channel, without its envelope."""
    redis = Redis.from_url(redis_url)
    async with redis, redis.pubsub() as pubsub:
        await pubsub.subscribe(channel)
        async for message in pubsub.listen():
            if message["type"] == "message":
                yield payload_of(message["data"])


def listener() -> socket.socket:
    """A listening socket on a free port of the loopback address."""
    bound = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    bound.setblocking(False)
    return bound


def announce(bound: socket.socket) -> None:
    print(f"{ANNOUNCED}http://127.0.0.1:{bound.getsockname()[1]} ", flush=True)
