"""The Lua scripts: read from their files once, called by hash.

Every script is the parts that all have in common, and then its own file. A Redis that has forgotten
its scripts (after a restart, a failover or SCRIPT FLUSH) answers NOSCRIPT; that costs one more
call, with the source, which also makes Redis remember it again.
"""

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import msgpack
from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from inventory.durability import Durability
from inventory.redis_store.keeping import Keeping
from inventory.redis_store.keys import script_keys

PARTS = ("prelude", "waitlist", "commit", "reclaim")  # what every script begins with

SCRIPT_NAMES = (
    "put_sale",
    "start_sale",
    "end_sale",
    "pause_sale",
    "resume_sale",
    "restock",
    "reserve",
    "readmit",
    "extend",
    "cancel",
    "pay",
    "refund",
    "expire",
    "restore",
    "audit",
)


def source_of(name: str) -> str:
    """The text of `scripts/<name>.lua`."""
    return (files(__package__) / "scripts" / f"{name}.lua").read_text("utf-8")


class Script:
    """One script's text and the hash that Redis knows it by."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = "\n".join(f"-- {part}.lua\n{source_of(part)}" for part in (*PARTS, name))
        self.sha1 = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()

    def __repr__(self) -> str:
        return f"<Script {self.name} {self.sha1[:8]}>"


class Scripts:
    """All scripts, ready to be called on one Redis."""

    def __init__(self, redis: Redis, keeping: Keeping) -> None:
        self._redis = redis
        self._keeping = keeping
        self._scripts = {name: Script(name) for name in SCRIPT_NAMES}

    async def call(
        self, name: str, room_id: str, args: dict[str, Any], more_keys: Sequence[str] = ()
    ) -> tuple[dict[str, Any], Durability]:
        """Runs a script on a room: what it answered, unpacked from msgpack, and what that survives.

        Raises whatever the Redis client raises.
        """
        script = self._scripts[name]
        keys = [*script_keys(room_id), *more_keys]
        rest = (len(keys), *keys, msgpack.packb(args))
        try:
            packed, durability = await self._keeping.run(self._redis, "EVALSHA", script.sha1, *rest)
        except NoScriptError:
            packed, durability = await self._keeping.run(self._redis, "EVAL", script.text, *rest)
        # Lua tables may have numbers as keys.
        return msgpack.unpackb(packed, strict_map_key=False), durability
