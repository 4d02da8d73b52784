"""A room's state made anew under spare names, and put in place in one step (`scripts/restore.lua`).

Until that step nobody sees anything of it, and a rebuild that dies leaves nothing but keys that
expire by themselves. Each rebuild has names of its own, so that two at once do not mix.
"""

import secrets
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgpack
import msgspec
from redis.asyncio import Redis

from inventory.hold import LIVE_STATES, Hold, HoldState
from inventory.pool import Pool, Restock
from inventory.redis_store.failing import unavailable_when_failing
from inventory.redis_store.keys import room_key
from inventory.redis_store.scripts import Scripts
from inventory.store import Result

CLOSED = ("pools", "holds", "buyers", "deadlines", "finished", "waiting")
MADE = (*CLOSED, "ops")  # in the script's order
EXPIRES_AFTER_S = 3_600  # a rebuild that takes longer puts nothing in place
COUNTED_STATES = (HoldState.HELD, HoldState.PAID)


class Staging:
    """What is being made for one room. Raises StoreUnavailable."""

    def __init__(self, redis: Redis, scripts: Scripts, room_id: str) -> None:
        self._redis = redis
        self._scripts = scripts
        self._room_id = room_id
        self._run = secrets.token_hex(4)
        self._names = {name: self._key(f"{name}:made:{self._run}") for name in MADE}
        self._made: Counter[str] = Counter()
        self._counted: set[str] = set()

    def _key(self, name: str) -> str:
        return room_key(self._room_id, name)

    async def close_room(self) -> None:
        """Takes what is there away: from here until `put_in_place` the room sells nothing, and
        nothing changes but what is made new. SQL must have all that its outbox told. The ids
        of restocks stay: SQL may not know all of them."""
        pipe = self._redis.pipeline(transaction=True)
        for name in CLOSED:
            pipe.unlink(self._key(name))
        await self._execute(pipe)

    async def add_holds(self, holds: Sequence[Hold], retained_from_ms: dict[str, int]) -> None:
        """Adds a page of holds, each once; `retained_from_ms` of those that are over, by id."""
        if not holds:
            return
        pipe = self._redis.pipeline(transaction=False)
        records: Any = {hold.hold_id: packed_hold(hold) for hold in holds}
        pipe.hset(self._names["holds"], mapping=records)
        deadlines = {it.hold_id: it.deadline_ms for it in holds if it.state in LIVE_STATES}
        self._add_scores(pipe, "deadlines", deadlines)
        self._add_scores(pipe, "finished", retained_from_ms)
        self._count(pipe, holds)
        self._made["holds"] += len(records)
        await self._execute(pipe)

    def _count(self, pipe: Any, holds: Sequence[Hold]) -> None:
        for hold in holds:
            for line in hold.lines if hold.state in COUNTED_STATES else ():
                field = f"{line.sale_id}:{hold.buyer_id}"
                pipe.hincrby(self._names["buyers"], field, line.quantity)
                self._counted.add(field)

    async def add_pools(
        self, pools: Sequence[Pool], places: dict[str, str], ending: dict[str, int]
    ) -> None:
        """Adds all pools, the waitlists' places and, of sales that have an end, when it is."""
        pipe = self._redis.pipeline(transaction=False)
        records: Any = {pool.sale_id: msgpack.packb(msgspec.structs.asdict(pool)) for pool in pools}
        if records:
            pipe.hset(self._names["pools"], mapping=records)
        if places:
            fields: Any = places
            pipe.hset(self._names["waiting"], mapping=fields)
        self._add_scores(
            pipe, "finished", {f"sale:{sale_id}": at_ms for sale_id, at_ms in ending.items()}
        )
        # Who waits is served as soon as somebody looks.
        served = {f"sale:{pool.sale_id}": 0 for pool in pools if pool.waiting}
        self._add_scores(pipe, "deadlines", served)
        self._made["pools"] += len(records)
        self._made["waiting"] += len(places)
        await self._execute(pipe)

    async def add_restocks(self, restocks: Sequence[Restock]) -> None:
        """Adds a page of restocks, each once, so that none is executed again."""
        pipe = self._redis.pipeline(transaction=False)
        records: Any = {
            each.restock_id: msgpack.packb({"sale_id": each.sale_id, "units": each.units})
            for each in restocks
        }
        pipe.hset(self._names["ops"], mapping=records)
        retained = {f"op:{each.restock_id}": each.retained_from_ms for each in restocks}
        self._add_scores(pipe, "finished", retained)
        self._made["ops"] += len(records)
        await self._execute(pipe)

    def _add_scores(self, pipe: Any, name: str, scores: dict[str, int]) -> None:
        if scores:
            pipe.zadd(self._names[name], scores)
        self._made[name] += len(scores)

    async def _execute(self, pipe: Any) -> None:
        for name in self._names.values():
            pipe.expire(name, EXPIRES_AFTER_S)
        with unavailable_when_failing():
            await pipe.execute()

    async def put_in_place(self, last_id: str, after_ms: int) -> Result | None:
        """RESTORED or BROKEN; None if the room has changed since its outbox ended at `last_id`."""
        self._made["buyers"] = len(self._counted)
        args = {
            "last_id": last_id,
            "after_ms": after_ms,
            "made": [self._made[name] for name in MADE],
        }
        more_keys = tuple(self._names.values())
        with unavailable_when_failing():
            answer, durability = await self._scripts.call("restore", self._room_id, args, more_keys)
        if answer.get("again"):
            return None
        return msgspec.convert(answer | {"durability": durability}, Result)

    async def throw_away(self) -> None:
        with unavailable_when_failing():
            await self._redis.unlink(*self._names.values())


def packed_hold(hold: Hold) -> bytes:
    """A record as the scripts write it: no field is missing before one that is set, because Lua
    would make a map of it."""
    fields: list[Any] = msgspec.to_builtins(hold)
    length = next(upto for name, upto in _LENGTHS if getattr(hold, name) is not None)
    if None in fields[:length]:
        raise ValueError(f"hold {hold.hold_id} misses a field before its last one")
    return bytes(msgpack.packb(fields[:length]))


def _upto(name: str) -> int:
    return Hold.__struct_fields__.index(name) + 1


_LENGTHS = (
    ("refund_id", _upto("refund_id")),
    ("payment_id", _upto("paid_late")),
    ("finished_at_ms", _upto("finished_at_ms")),
    ("hold_id", _upto("offered")),
)
