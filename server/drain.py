"""Draining: a stopping worker lets its connections go over some seconds, each told when to return.

All at once, they would all come back at once. Each leaves when its commands in flight are answered,
so no acknowledged command is lost and none is left without its answer.
"""

import asyncio
import random
from collections.abc import Iterable
from typing import Protocol

SPREAD_S_MAX = 5.0
SPREAD_S_PER_CONNECTION = 0.002  # a handful leaves at once, 2,500 and more over SPREAD_S_MAX


class Leaving(Protocol):
    """A connection as draining sees it."""

    def leave(self, retry_after_ms: int) -> None:
        """Take no more commands, answer those in flight, then close with 1012."""


async def drain(connections: Iterable[Leaving]) -> None:
    """Ask every connection to leave, in random order; returns when all were asked."""
    leaving = list(connections)
    random.shuffle(leaving)
    spread_s = min(SPREAD_S_MAX, len(leaving) * SPREAD_S_PER_CONNECTION)
    started_s = asyncio.get_running_loop().time()
    for number, connection in enumerate(leaving):
        due_s = started_s + spread_s * number / len(leaving)
        wait_s = due_s - asyncio.get_running_loop().time()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        # Back when the last has left, and not all in the same moment.
        connection.leave(int(1000 * (spread_s + random.random() * spread_s)))  # noqa: S311
