"""A room's house rules in Redis: four hashes, and a version that changes whenever one of them does.

Reading them all is for when the version changed; `rooms/rulebook.py` decides when to look.
"""

import secrets
from collections.abc import Sequence
from typing import Any

import msgpack
from redis.asyncio import Redis

from rooms.redis_broker import keys
from rooms.redis_broker.failing import unavailable_when_failing
from rooms.redis_broker.scripts import Scripts
from rooms.rules import ASSISTANTS_MAX, BANS_MAX, MUTES_MAX, Rules, folded


class RedisRules:
    """Reads and changes the rules of rooms. Every change is one step."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)

    async def versions(self, room_ids: Sequence[str]) -> Sequence[str | None]:
        """The version of each room's rules; "" where none were ever made, None where its server
        does not answer. Raises BrokerUnavailable if none does."""
        with unavailable_when_failing():
            pipe = self._redis.pipeline(transaction=False)
            for room_id in room_ids:
                pipe.hget(keys.rules(room_id), "version")
            answers = await pipe.execute(raise_on_error=False)
            failures = [answer for answer in answers if isinstance(answer, Exception)]
            if failures and len(failures) == len(answers):
                raise failures[0]
        return [None if isinstance(each, Exception) else (each or b"").decode() for each in answers]

    async def read(self, room_id: str) -> Rules:
        """All the rules of a room, as they are at one moment."""
        with unavailable_when_failing():
            pipe = self._redis.pipeline(transaction=True)
            for key in (keys.rules, keys.roles, keys.mutes, keys.bans):
                pipe.hgetall(key(room_id))
            rules, roles, mutes, bans = await pipe.execute()
        words = tuple(msgpack.unpackb(rules.get(b"blocked_words", b"\x90")))
        return Rules(
            version=rules.get(b"version", b"").decode(),
            slow_mode_s=int(rules.get(b"slow_mode_s", 0)),
            blocked_words=words,
            folded_words=folded(words),
            assistants=frozenset(user.decode() for user in roles),
            muted_until_ms={user.decode(): int(until) for user, until in mutes.items()},
            banned=frozenset(user.decode() for user in bans),
        )

    async def set_rules(self, room_id: str, slow_mode_s: int, blocked_words: Sequence[str]) -> None:
        with unavailable_when_failing():
            fields: Any = {
                "slow_mode_s": slow_mode_s,
                "blocked_words": msgpack.packb(list(blocked_words)),
                "version": _new_version(),
            }
            await self._redis.hset(keys.rules(room_id), mapping=fields)

    async def set_assistant(self, room_id: str, user_id: str, is_one: bool) -> bool:
        """False if the room has as many assistants as it may."""
        value = "assistant" if is_one else ""
        return await self._set(room_id, keys.roles(room_id), user_id, value, ASSISTANTS_MAX)

    async def mute(self, room_id: str, user_id: str, until_ms: int, now_ms: int) -> bool:
        """False if as many are muted as may be."""
        key = keys.mutes(room_id)
        return await self._set(room_id, key, user_id, str(until_ms), MUTES_MAX, str(now_ms))

    async def unmute(self, room_id: str, user_id: str) -> None:
        await self._set(room_id, keys.mutes(room_id), user_id, "", MUTES_MAX)

    async def ban(self, room_id: str, user_id: str, now_ms: int) -> bool:
        """False if as many are banned as may be."""
        return await self._set(room_id, keys.bans(room_id), user_id, str(now_ms), BANS_MAX)

    async def unban(self, room_id: str, user_id: str) -> None:
        await self._set(room_id, keys.bans(room_id), user_id, "", BANS_MAX)

    async def _set(
        self, room_id: str, key: str, user_id: str, value: str, entries_max: int, past_ms: str = ""
    ) -> bool:
        done = await self._scripts.call(
            "rule", [keys.rules(room_id), key], user_id, value, entries_max, past_ms, _new_version()
        )
        return bool(done)

    async def wait_ms(self, room_id: str, user_id: str, comment_id: str, pause_s: int) -> int:
        """Slow mode: 0 if the user may say this comment now, else how long it has to wait."""
        key = keys.slow(room_id, user_id)
        return int(await self._scripts.call("slow", [key], comment_id, pause_s * 1000))


def _new_version() -> str:
    # Not a count: after a lost Redis a count may come by the same number with other rules.
    return secrets.token_hex(8)
