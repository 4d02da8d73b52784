"""The primary that Sentinels name: each new connection asks them who it is now.

A failover cuts the connections to the old primary; those that take their place go to the new one.
Commands fail in between, and are their callers' to retry by id.
"""

from typing import Any

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool

from server.redis_url import Target


class PrimaryPool(SentinelConnectionPool, BlockingConnectionPool):
    """Connections to the primary, made by redis-py's Sentinel client; a caller waits for one while
    all are in use, as with one Redis."""

    def __init__(self, target: Target, bounds: dict[str, Any]) -> None:
        timeouts = {name: each for name, each in bounds.items() if name.startswith("socket_")}
        sentinels: Any = Sentinel(  # type: ignore[no-untyped-call]
            [tuple(address) for address in target.addresses],
            sentinel_kwargs=timeouts | target.sentinel_options,
        )
        options = bounds | target.options
        options.pop("connection_class", None)
        super().__init__(target.service, sentinels, ssl=target.is_tls, **options)  # type: ignore[no-untyped-call]

    async def aclose(self) -> None:
        await super().aclose()
        await self.sentinel_manager.aclose()
