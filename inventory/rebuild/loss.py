"""What Redis has lost of a room, by comparing it with SQL, and what a rebuild would drop.

Read in small steps, as the audit does, so that nobody waits for it.
"""

import asyncio

from inventory.audit.holds import holds_lost
from inventory.audit.subject import Drain, Subject
from inventory.entry import position_of
from inventory.hold import Hold
from inventory.ledger.ledger import Ledger
from inventory.ledger.postings import PROGRESS
from inventory.rebuild.report import Loss
from inventory.redis_store.store import RedisStore


async def loss_of(store: RedisStore, ledger: Ledger, room_id: str, drain: Drain) -> Loss:
    """Raises StoreUnavailable, LedgerUnavailable."""
    position = await drain(room_id)
    facts = await store.audit(room_id)
    subject = Subject(
        room_id=room_id,
        facts=facts,
        store=store,
        scan=store.scan(room_id),
        ledger=ledger,
        drain_room=drain,
    )
    in_sql = await asyncio.to_thread(ledger.statements.sales_of, room_id)
    return Loss(
        room_id=room_id,
        entries=position > position_of(facts.last_id),
        sales=sorted(in_sql - {pool.sale_id for pool in facts.pools}),
        holds=[hold.hold_id for hold in await holds_lost(subject)],
        set_back=await _set_back(subject),
        restocked=await _restocked(subject),
        only_in_redis=await _only_in_redis(subject),
    )


async def _set_back(subject: Subject) -> list[str]:
    """Holds of which SQL knows more than Redis. SQL is read first: it hears of everything later,
    so whatever it knows then, Redis must know when it is asked after that."""
    found: list[str] = []
    async for hold_ids in subject.scan.hold_ids():
        in_sql = await asyncio.to_thread(subject.ledger.holds, subject.room_id, hold_ids)
        found += [
            row.hold_id
            for row in await subject.scan.rows(list(in_sql))
            if row.hold is not None and _progress(row.hold) < _progress(in_sql[row.hold_id])
        ]
    return sorted(set(found))


def _progress(hold: Hold) -> tuple[int, bool]:
    """Both only grow."""
    return PROGRESS[hold.state], hold.extended


async def _restocked(subject: Subject) -> list[str]:
    """Sales of which Redis has another total than SQL had after the same outbox entry."""
    await subject.drain()
    position = position_of(subject.facts.last_id)
    counters_at = subject.ledger.statements.counters_at
    in_sql = await asyncio.to_thread(counters_at, subject.room_id, position)
    return sorted(
        pool.sale_id
        for pool in subject.facts.pools
        if pool.sale_id in in_sql and pool.total != in_sql[pool.sale_id]["total"]
    )


async def _only_in_redis(subject: Subject) -> list[str]:
    found: set[str] = set()
    async for hold_ids in subject.scan.hold_ids():
        known = await asyncio.to_thread(subject.ledger.holds, subject.room_id, hold_ids)
        found.update(hold_id for hold_id in hold_ids if hold_id not in known)
    there = [row for row in await subject.scan.rows(sorted(found)) if row.hold]
    await subject.drain()
    known = await asyncio.to_thread(subject.ledger.holds, subject.room_id, sorted(found))
    return [row.hold_id for row in there if row.hold_id not in known]
