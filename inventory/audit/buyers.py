"""Buyers: what Redis counts against each one's limit, and what the movements of their holds say.

The counts are read in small steps and compared with one statement from SQL. What seems to differ is
read again with the outbox entry at which it was so, and compared as of exactly that entry.
"""

import asyncio
from collections.abc import Sequence

from inventory.audit.subject import Subject
from inventory.entry import position_of
from inventory.redis_store.scan import CHUNK_MAX
from inventory.redis_store.store import RoomFacts


async def buyer_differences(subject: Subject) -> tuple[int, list[str]]:
    """How many counts were compared, and what differs."""
    in_redis: dict[str, int] = {}
    async for chunk in subject.scan.buyers():
        in_redis |= chunk
    position = position_of(subject.facts.last_id)
    in_sql = await asyncio.to_thread(subject.ledger.statements.bought_at, subject.room_id, position)
    fields = _counting(subject, subject.facts, in_redis.keys() | in_sql.keys())
    doubtful = [field for field in fields if in_redis.get(field, 0) != in_sql.get(field, 0)]
    found: list[str] = []
    for start in range(0, len(doubtful), CHUNK_MAX):
        found += await _confirmed(subject, doubtful[start : start + CHUNK_MAX])
    return len(fields), found


async def _confirmed(subject: Subject, fields: Sequence[str]) -> list[str]:
    """What differs as of one outbox entry."""
    facts = await subject.store.audit(subject.room_id, fields)
    await subject.drain()
    in_sql = await asyncio.to_thread(
        subject.ledger.statements.bought_at,
        subject.room_id,
        position_of(facts.last_id),
        {field.partition(":")[2] for field in fields},
    )
    in_redis = dict(zip(fields, facts.bought, strict=True))
    return [
        f"buyer count {field}: expected {in_sql.get(field, 0)}, found {in_redis[field]}"
        for field in _counting(subject, facts, fields)
        if in_redis[field] != in_sql.get(field, 0)
    ]


def _counting(subject: Subject, facts: RoomFacts, fields: set[str] | Sequence[str]) -> list[str]:
    """The fields of sales that retention covers: in those no hold has been forgotten."""
    since_ms = subject.store.remembered_since_ms(facts.now_ms)
    counting = {
        pool.sale_id
        for pool in facts.pools
        if pool.ends_at_ms is None or pool.ends_at_ms >= since_ms
    }
    return sorted(field for field in fields if field.partition(":")[0] in counting)
