"""The reservation engine in Redis: one script per command, one outbox stream per room."""

from inventory.entry import Entry
from inventory.redis_store.outbox import Outbox
from inventory.redis_store.store import RedisStore, RoomFacts

__all__ = ["Entry", "Outbox", "RedisStore", "RoomFacts"]
