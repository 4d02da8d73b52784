"""Everything that Redis has of a room, read at one moment: what the promises are checked on."""

from typing import NamedTuple, TypeVar

import msgpack
import msgspec
from redis.asyncio import Redis

from inventory.hold import LIVE_STATES, Hold, HoldState
from inventory.pool import Pool
from inventory.redis_store.keys import room_key
from inventory.redis_store.scan import ids_in
from tests.inventory.promises import Records

T = TypeVar("T")


class RoomRecords(NamedTuple):
    """`records`, and what only Redis keeps: who waits by buyer, `deadlines`, `finished`, `ops`."""

    records: Records
    waiters: dict[str, str]  # "sale:buyer:id" -> hold id
    deadlines: dict[str, int]  # hold id -> the earliest time at which it is looked at
    finished: dict[str, int]
    restocks: dict[str, tuple[str, int]]  # id -> sale, units


async def read_records(
    redis: Redis, room_id: str, now_ms: int, forgets_before_ms: int
) -> RoomRecords:
    names = ("pools", "holds", "buyers", "waiting", "deadlines", "finished", "ops")
    keys = {name: room_key(room_id, name) for name in names}
    pipe = redis.pipeline(transaction=True)
    for name in ("pools", "holds", "buyers", "waiting", "ops"):
        pipe.hgetall(keys[name])
    for name in ("deadlines", "finished"):
        pipe.zrange(keys[name], 0, -1, withscores=True)
    pools, holds, buyers, waiting, ops, deadlines, finished = await pipe.execute()
    looked_at = [(member.decode(), int(score)) for member, score in deadlines]
    by_field = {field.decode(): hold_id.decode() for field, hold_id in waiting.items()}
    records = Records(
        now_ms=now_ms,
        pools={key.decode(): _record(packed, Pool) for key, packed in pools.items()},
        holds={key.decode(): _record(packed, Hold) for key, packed in holds.items()},
        bought={_pair(field.decode()): int(units) for field, units in buyers.items()},
        places={
            (field.partition(":")[0], int(field.partition(":")[2])): hold_id
            for field, hold_id in by_field.items()
            if ":buyer:" not in field
        },
        unserved=frozenset(name[5:] for name, _ in looked_at if name.startswith("sale:")),
        forgets_before_ms=forgets_before_ms,
    )
    return RoomRecords(
        records,
        {
            field: by_field.get(f"{field.partition(':')[0]}:{place}", f"nobody at {place}")
            for field, place in by_field.items()
            if ":buyer:" in field
        },
        _earliest(looked_at),
        {member.decode(): int(score) for member, score in finished},
        {restock_id.decode(): _content(packed) for restock_id, packed in ops.items()},
    )


def _record(packed: bytes, kind: type[T]) -> T:
    return msgspec.convert(msgpack.unpackb(packed), kind)


def _content(packed: bytes) -> tuple[str, int]:
    content = msgpack.unpackb(packed)
    return content["sale_id"], content["units"]


def _pair(field: str) -> tuple[str, str]:
    sale_id, _, buyer_id = field.partition(":")
    return sale_id, buyer_id


def _earliest(looked_at: list[tuple[str, int]]) -> dict[str, int]:
    earliest: dict[str, int] = {}
    for member, score in looked_at:
        for hold_id in [] if member.startswith("sale:") else ids_in(member):
            earliest[hold_id] = min(score, earliest.get(hold_id, score))
    return earliest


def broken_lists(room: RoomRecords) -> list[str]:
    """What is wrong with the lists that Redis keeps beside the records."""
    holds = room.records.holds
    live = {hold_id: hold for hold_id, hold in holds.items() if hold.state in LIVE_STATES}
    found = [
        f"{hold_id} is {hold.state}, its deadline is listed as {room.deadlines.get(hold_id)}"
        for hold_id, hold in live.items()
        if room.deadlines.get(hold_id, hold.deadline_ms + 1) > hold.deadline_ms
    ]
    over = holds.keys() - live.keys()
    ended = {f"sale:{pool.sale_id}" for pool in room.records.pools.values() if pool.ends_at_ms}
    listed = over | ended | {f"op:{restock_id}" for restock_id in room.restocks}
    if listed != room.finished.keys():
        found.append(f"finished lists {listed ^ room.finished.keys()} wrongly")
    waiting = {
        f"{hold.lines[0].sale_id}:buyer:{hold.buyer_id}": hold_id
        for hold_id, hold in live.items()
        if hold.state is HoldState.WAITING
    }
    if waiting != room.waiters:
        found.append(f"{waiting} wait, listed are {room.waiters}")
    return found
