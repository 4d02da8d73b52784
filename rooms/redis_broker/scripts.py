"""The Lua scripts of what people do in a room, called by hash.

A Redis that has forgotten its scripts answers NOSCRIPT; that costs one more call, with the source.
(publish.lua and personal.lua are called by broker.py, many at once.)
"""

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from rooms.redis_broker.failing import unavailable_when_failing

SCRIPT_NAMES = (
    "rule",
    "slow",
    "open_poll",
    "vote",
    "close_poll",
    "ask",
    "upvote",
    "answer",
    "untold",
    "renew",
    "count",
    "put_rundown",
    "claim_step",
)


def source_of(name: str) -> str:
    """The text of `scripts/<name>.lua`."""
    return (files("rooms.redis_broker") / "scripts" / f"{name}.lua").read_text("utf-8")


class Scripts:
    """All of them, ready to be called on one Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        texts = {name: source_of(name) for name in SCRIPT_NAMES}
        self._scripts = {
            name: (text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
            for name, text in texts.items()
        }

    async def call(self, name: str, keys: Sequence[str], *args: str | bytes | int) -> Any:
        """What the script answered. Raises BrokerUnavailable."""
        text, sha1 = self._scripts[name]
        with unavailable_when_failing():
            try:
                return await self._redis.evalsha(sha1, len(keys), *keys, *args)
            except NoScriptError:
                return await self._redis.eval(text, len(keys), *keys, *args)
