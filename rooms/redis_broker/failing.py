"""Every failure of Redis, as the one exception that callers know."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from rooms.broker import BrokerUnavailable


@contextmanager
def unavailable_when_failing() -> Iterator[None]:
    """Turns Redis and network errors, and waiting too long, into BrokerUnavailable."""
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(type(error).__name__) from error
