"""A room's Redis channel from outside: publish to it, and see who listens.

All events of a burst leave in one write, so that they reach a subscriber together.
"""

import time

from redis import Redis

from loadtests.bench.frames import comment_payload, envelope
from loadtests.errors import LoadError

POLL_S = 0.02
SUBSCRIBED_TIMEOUT_S = 20.0
EVENT_BYTES = 150  # the payload of every event whose price is measured


class NobodyListens(LoadError):
    """The server never subscribed to its channel."""


class Channel:
    """Publishes comments of `EVENT_BYTES` to one channel."""

    def __init__(self, redis: "Redis", name: str, epoch: str = "0" * 16) -> None:
        self._redis = redis
        self.name = name
        self._message = envelope(comment_payload(EVENT_BYTES), epoch)

    def burst(self, events: int) -> None:
        pipe = self._redis.pipeline(transaction=False)
        for _ in range(events):
            pipe.publish(self.name, self._message)
        pipe.execute()

    def wait_for_subscriber(self) -> None:
        """Raises NobodyListens."""
        until_s = time.monotonic() + SUBSCRIBED_TIMEOUT_S
        while not self._redis.pubsub_numsub(self.name)[0][1]:
            if time.monotonic() > until_s:
                raise NobodyListens(f"nobody subscribed to {self.name}")
            time.sleep(POLL_S)
