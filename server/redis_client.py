"""How Kaibo connects to Redis: a bounded pool, and no retry behind the caller's back."""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

REDIS_CONNECTIONS_MAX = 64  # past that a command waits for one to be free
REDIS_TIMEOUT_S = 5.0


def connect_redis(url: str) -> "Redis":
    """A client that never retries by itself: a script that timed out may have run, and only the
    caller knows whether its id makes a second run harmless."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=REDIS_CONNECTIONS_MAX,
        timeout=REDIS_TIMEOUT_S,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis(connection_pool=pool)
