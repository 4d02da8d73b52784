"""Holds: each in Redis against its order in SQL, and each order that Redis must still remember.

Read in small steps while both change. What seems to differ is looked at again: Redis, then SQL
brought up to date, then Redis. If a hold was the same both times, SQL must have said that too. A
hold changes only a few times in its life, so the looking ends.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from inventory.audit.subject import Subject
from inventory.hold import LIVE_STATES, SET_ASIDE_MS, Hold
from inventory.redis_store.scan import CHUNK_MAX, HoldRow


async def hold_differences(subject: Subject) -> tuple[int, list[str]]:
    """How many holds were compared, and what differs."""
    seen: dict[str, bool] = {}  # whether there was a record
    found: list[str] = []
    watched, unwatched = await subject.scan.watched(), dict[str, Hold]()
    async for hold_ids in subject.scan.hold_ids():
        fresh = [hold_id for hold_id in dict.fromkeys(hold_ids) if hold_id not in seen]
        rows = await subject.scan.rows(fresh)
        seen |= {row.hold_id: bool(row.hold or row.unreadable) for row in rows}
        found += [line for row in rows for line in _listing_differences(row)]
        found += await _order_differences(subject, rows)
        live = [row.hold for row in rows if row.hold and row.hold.state in LIVE_STATES]
        unwatched |= {
            hold.hold_id: hold
            for hold in live
            if not _is_watched(hold, watched, subject.facts.now_ms)
        }
    found += await _unwatched_differences(subject, unwatched)
    there = {hold_id for hold_id, is_there in seen.items() if is_there}
    found += [
        f"hold {hold.hold_id} is {hold.state} in SQL: expected it in Redis, found none"
        for hold in await holds_lost(subject, there)
    ]
    return len(there), found


def _listing_differences(row: HoldRow) -> Iterator[str]:
    """`finished` lists exactly the holds that are over."""
    if row.unreadable:
        yield f"hold {row.hold_id} cannot be read: {row.unreadable}"
        return
    is_finished = row.hold is not None and row.hold.state not in LIVE_STATES
    if is_finished != row.has_finish:
        state = row.hold.state if row.hold else "not there"
        expected, there = ("a", "none") if is_finished else ("no", "one")
        yield f"hold {row.hold_id} is {state}: expected {expected} finish time, found {there}"


def _is_watched(hold: Hold, watched: Mapping[str, int], now_ms: int) -> bool:
    """Whether somebody looks at it when its time is over, or soon, if that was a while ago."""
    latest_ms = max(hold.deadline_ms, now_ms) + SET_ASIDE_MS
    return watched.get(hold.hold_id, latest_ms + 1) <= latest_ms


async def _unwatched_differences(subject: Subject, unwatched: dict[str, Hold]) -> list[str]:
    """Live holds that nobody will expire in time. Those that seemed so are looked at again: they
    may have been made after the deadlines had been read, or be over by now."""
    if not unwatched:
        return []
    watched = await subject.scan.watched()
    now_ms = (await subject.store.audit(subject.room_id)).now_ms
    doubtful = [
        each.hold_id for each in unwatched.values() if not _is_watched(each, watched, now_ms)
    ]
    return [
        f"hold {row.hold_id} is {row.hold.state}: expected its deadline {row.hold.deadline_ms}"
        f" to be listed, found {watched.get(row.hold_id, 'none')}"
        for start in range(0, len(doubtful), CHUNK_MAX)
        for row in await subject.scan.rows(doubtful[start : start + CHUNK_MAX])
        if row.hold is not None and row.hold == unwatched[row.hold_id]
    ]


async def _order_differences(subject: Subject, rows: Sequence[HoldRow]) -> list[str]:
    """What differs for certain between holds in Redis and their orders."""
    found: list[str] = []
    rows = await _unlike_their_orders(subject, rows)
    while rows:
        before = {row.hold_id: row.hold for row in rows}
        await subject.drain()
        in_sql = await _orders(subject, list(before))
        rows = []
        for row in await subject.scan.rows(list(before)):
            if row.hold is not None and row.hold != before[row.hold_id]:
                rows.append(row)  # it changed meanwhile: again
            elif row.hold is not None:
                found += _field_differences(row.hold, in_sql.get(row.hold_id))
    return found


async def _unlike_their_orders(subject: Subject, rows: Sequence[HoldRow]) -> list[HoldRow]:
    in_sql = await _orders(subject, [row.hold_id for row in rows])
    return [row for row in rows if row.hold and row.hold != in_sql.get(row.hold_id)]


async def _orders(subject: Subject, hold_ids: Sequence[str]) -> dict[str, Hold]:
    return await asyncio.to_thread(subject.ledger.holds, subject.room_id, hold_ids)


def _field_differences(hold: Hold, order: Hold | None) -> Iterator[str]:
    if order is None:
        yield f"hold {hold.hold_id} is {hold.state}: expected its order in SQL, found none"
        return
    there = msgspec.structs.asdict(order)
    for name, expected in msgspec.structs.asdict(hold).items():
        if there[name] != expected:
            where = f"hold {hold.hold_id} {name} in SQL"
            yield f"{where}: expected {expected}, found {there[name]}"


async def holds_lost(subject: Subject, there: Collection[str] = ()) -> list[Hold]:
    """The holds that Redis must remember and does not, as SQL has them; `there` are not lost."""
    found: list[Hold] = []
    now_ms = subject.facts.now_ms
    since_ms = subject.store.remembered_since_ms(now_ms)
    page, after = subject.ledger.statements.remembered, ""
    while ids := await asyncio.to_thread(page, subject.room_id, since_ms, now_ms, after, CHUNK_MAX):
        found += await _lost_among(subject, [hold_id for hold_id in ids if hold_id not in there])
        after = ids[-1]
    return found


async def _lost_among(subject: Subject, hold_ids: Sequence[str]) -> list[Hold]:
    rows = await subject.scan.rows(hold_ids)
    gone = [row.hold_id for row in rows if row.hold is None and not row.unreadable]
    if not gone:
        return []
    await subject.drain()
    in_sql = await _orders(subject, gone)
    now_ms = (await subject.store.audit(subject.room_id)).now_ms
    since_ms = subject.store.remembered_since_ms(now_ms)
    return [
        hold
        for hold in in_sql.values()
        if hold.finished_at_ms is None or hold.finished_at_ms >= since_ms
    ]
