"""What it means here that Redis fails: the store is unavailable, whatever the reason."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from inventory.store import StoreUnavailable

_RETRY_AFTER_MS = 1_000


@contextmanager
def unavailable_when_failing() -> Iterator[None]:
    """Turns every failure of Redis into StoreUnavailable."""
    try:
        yield
    except (RedisError, OSError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise StoreUnavailable(_RETRY_AFTER_MS, reason) from error
