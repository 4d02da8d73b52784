"""Counts that changed and that viewers have yet to be told: any worker may tell them, once."""

from redis.asyncio import Redis

from rooms.redis_broker import keys
from rooms.redis_broker.scripts import Scripts

POLL = "poll"  # no question's id


class RedisTallies:
    """What vote.lua and upvote.lua left to tell."""

    def __init__(self, redis: Redis, *, told_every_ms: int) -> None:
        self._scripts = Scripts(redis)
        self._told_every_ms = told_every_ms

    async def take(self, room_id: str) -> set[str] | None:
        """POLL and question ids to tell of now; None if the room was told a moment ago. What is
        taken and not told (a worker died) is told with the next change."""
        own = [keys.untold(room_id), keys.tally(room_id)]
        taken = await self._scripts.call("untold", own, self._told_every_ms)
        return None if taken is None else {member.decode() for member in taken}
