"""Where rooms are: on one Redis, or each on one server of a Cluster."""

from typing import Protocol

from redis.asyncio import Redis


class Nodes(Protocol):
    """The servers of a Redis, as its subscribers need them."""

    @property
    def is_sharded(self) -> bool:
        """Whether a room's events stay on the room's server: SPUBLISH and SSUBSCRIBE."""

    def node_of(self, key: str) -> Redis:
        """The client of the server that has `key` now. Raises RedisError while none has it."""

    async def refresh(self) -> None:
        """Look which server has what now. Raises RedisError."""


class OneNode:
    """A single Redis, or the primary that Sentinels name: every room is there."""

    is_sharded = False

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def node_of(self, key: str) -> Redis:  # noqa: ARG002 - the same for every key
        return self._redis

    async def refresh(self) -> None:
        """There is nothing to look for."""
