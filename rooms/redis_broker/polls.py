"""Polls in Redis: one hash for the last poll, one for who voted what; each step is one script."""

from typing import Any

import msgpack
from redis.asyncio import Redis

from rooms.polls import VOTERS_MAX, Ballot, Poll, PollOutcome
from rooms.redis_broker import keys
from rooms.redis_broker.failing import unavailable_when_failing
from rooms.redis_broker.scripts import Scripts


class RedisPolls:
    """The polls of all rooms."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)

    async def open(
        self, room_id: str, poll_id: str, question: str, options: list[str]
    ) -> PollOutcome:
        """OPENED, POLL_OPEN or KEY_REUSED."""
        content = msgpack.packb([question, options])
        own = [keys.poll(room_id), keys.votes(room_id)]
        said = await self._scripts.call("open_poll", own, poll_id, content, len(options))
        return PollOutcome(said.decode())

    async def vote(self, room_id: str, poll_id: str, user_id: str, option: int) -> Ballot:
        own = [keys.poll(room_id), keys.votes(room_id), keys.untold(room_id)]
        said, vote = await self._scripts.call("vote", own, poll_id, user_id, option, VOTERS_MAX)
        return Ballot(PollOutcome(said.decode()), None if vote is None else int(vote))

    async def close(self, room_id: str, poll_id: str) -> PollOutcome:
        """CLOSED or UNKNOWN_POLL."""
        said = await self._scripts.call("close_poll", [keys.poll(room_id)], poll_id)
        return PollOutcome(said.decode())

    async def last(self, room_id: str) -> Poll | None:
        """The room's last poll, open or closed."""
        with unavailable_when_failing():
            fields: Any = await self._redis.hgetall(keys.poll(room_id))
        if not fields:
            return None
        question, options = msgpack.unpackb(fields[b"content"])
        return Poll(
            poll_id=fields[b"poll_id"].decode(),
            question=question,
            options=tuple(options),
            votes=tuple(int(fields[b"n%d" % number]) for number in range(len(options))),
            is_closed=fields[b"closed"] == b"1",
        )
