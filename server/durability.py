"""Whether Redis can keep what the setting `durability` promises, asked before anything listens.

What a Redis can not keep for the moment (a replica is away) is told in each reply; what it is not
set up for ends the start. If you change what is checked, also change `inventory/durability.py`.
"""

import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError

from inventory.durability import SYNC_SETTINGS, unsynced_by
from server.embedded.redis import Fsync
from server.settings import Settings, SettingsError, both_names

log = logging.getLogger("kaibo.durability")


def private_fsync(settings: Settings) -> Fsync:
    """When the private Redis syncs its file. Raises SettingsError for replicas: it has none."""
    if settings.durability == "replica":
        raise SettingsError(
            f"{both_names('durability')}: replica needs a Redis that has replicas; name it by"
            f" {both_names('redis_url')}"
        )
    return "always" if settings.durability == "fsync" else "everysec"


async def require_durability(settings: Settings, redis: "Redis") -> None:
    """Raises SettingsError if Redis is not set up for it."""
    if settings.durability == "fsync":
        await _require_fsync(redis)
    elif settings.durability == "replica":
        await _say_replicas(redis, settings.replicas_min)


async def _require_fsync(redis: "Redis") -> None:
    try:
        wrong = unsynced_by(await _settings(redis))
    except (RedisError, OSError) as error:
        raise SettingsError(
            f"{both_names('durability')}: fsync cannot be checked, as Redis refuses CONFIG GET:"
            f" {error}"
        ) from None
    if wrong:
        raise SettingsError(
            f"{both_names('durability')}: fsync needs a Redis with appendonly yes, appendfsync"
            f" always and no-appendfsync-on-rewrite no; this one has {', '.join(wrong)}"
        )


async def _settings(redis: "Redis") -> dict[str, str]:
    found = await redis.config_get(SYNC_SETTINGS)
    return {str(name): str(value) for name, value in found.items()}


async def _say_replicas(redis: "Redis", replicas_min: int) -> None:
    """Too few are no reason to refuse: they may come back, and each reply says what it survives."""
    try:
        there = int(await redis.wait(replicas_min, 1))
    except (RedisError, OSError) as error:
        log.warning("replicas cannot be asked for: %s", error)
        return
    if there < replicas_min:
        log.warning("%d replicas of %d are there; replies say memory", there, replicas_min)
