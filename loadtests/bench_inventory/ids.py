"""Reservation ids for a crowd in a hurry: UUIDv7s (RFC 9562) of now, by counting."""

import itertools
import secrets
import time
from collections.abc import Iterator


def reservation_ids() -> Iterator[str]:
    """Ids that nobody else makes, each of the time at which it is asked for."""
    ours = secrets.token_hex(3)
    for number in itertools.count():
        made_at = f"{time.time_ns() // 1_000_000:012x}"
        yield f"{made_at[:8]}-{made_at[8:]}-7000-8000-{ours}{number % 0x1000000:06x}"
