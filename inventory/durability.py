"""What an acknowledged change survives, told in every reply.

    memory    Redis has answered; what it loses when it dies is a matter of its settings
    fsync     the append-only file was synced to the disk before the answer
    replica   so many replicas have it in memory as well

The setting asks for one of them; a reply says which one there was. If Redis cannot show that it did
what was asked, it was `memory`. Pure; `redis_store/keeping.py` asks Redis.
"""

from collections.abc import Mapping
from enum import StrEnum


class Durability(StrEnum):
    MEMORY = "memory"
    FSYNC = "fsync"
    REPLICA = "replica"


_SYNCED_BEFORE_ANSWERS = {
    "appendonly": "yes",
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",  # else nothing is synced while the file is rewritten
}
SYNC_SETTINGS = "*append*"  # the pattern for CONFIG GET that finds them all


def unsynced_by(settings: Mapping[str, str]) -> list[str]:
    """Redis's settings because of which it may answer before its file is on the disk, as
    `appendfsync everysec`."""
    return [
        f"{name} {settings.get(name)}"
        for name, value in _SYNCED_BEFORE_ANSWERS.items()
        if settings.get(name) != value
    ]
