"""How a script call is answered for: what its change survives, asked on the same connection.

The question goes out in one pipeline with the script, so it is of the same server and costs no
round trip. A batch of purchases asks once. Nothing is remembered between two calls: whatever a
failover or an operator has changed, a reply says what was so when it was given.

No WAITAOF: a Redis that syncs before it answers has done it already, in every version.
"""

from collections.abc import Callable
from typing import Any

from redis.asyncio import Redis

from inventory.durability import SYNC_SETTINGS, Durability, unsynced_by

REPLICA_WAIT_MS = 500


class Keeping:
    """Runs commands and says what their changes survive; this one promises memory."""

    async def run(self, redis: Redis, *command: Any) -> tuple[Any, Durability]:
        """The command's answer. Raises what the Redis client raises."""
        return await redis.execute_command(*command), Durability.MEMORY  # type: ignore[no-untyped-call]


class Asked(Keeping):
    """Asks behind each command; if the answer is not as it should be, it was only memory."""

    def __init__(
        self, durability: Durability, ask: Callable[[Any], object], is_kept: Callable[[Any], bool]
    ) -> None:
        self._durability = durability
        self._ask = ask
        self._is_kept = is_kept

    async def run(self, redis: Redis, *command: Any) -> tuple[Any, Durability]:
        pipe = redis.pipeline(transaction=False)
        pipe.execute_command(*command)
        self._ask(pipe)
        answer, told = await pipe.execute(raise_on_error=False)
        if isinstance(answer, Exception):
            raise answer
        is_kept = not isinstance(told, Exception) and self._is_kept(told)
        return answer, self._durability if is_kept else Durability.MEMORY


def keeping(
    durability: Durability, *, replicas_min: int = 1, replica_wait_ms: int = REPLICA_WAIT_MS
) -> Keeping:
    """What keeps the promise. A change that fewer than `replicas_min` replicas have after
    `replica_wait_ms` stands, and its reply says memory."""
    if durability is Durability.FSYNC:
        return Asked(
            durability,
            lambda pipe: pipe.config_get(SYNC_SETTINGS),
            lambda settings: not unsynced_by(settings),
        )
    if durability is Durability.REPLICA:
        return Asked(
            durability,
            lambda pipe: pipe.wait(replicas_min, replica_wait_ms),
            lambda replicas: int(replicas) >= replicas_min,
        )
    return Keeping()
