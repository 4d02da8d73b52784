"""`Store` in memory: the pure rules in the order in which they apply.

This is the specification of the scripts in `redis_store/scripts/`, and the model they are tested
against (`tests/inventory/test_twins.py`). It keeps no outbox and survives nothing. Its clock is
handed in and must not step back.
"""

from collections.abc import Callable, Iterable

import msgspec

from inventory import pool as pools_module
from inventory.codes import Outcome
from inventory.hold import (
    READMITTED_MIN_MS,
    RECLAIM_BATCH_MAX,
    Hold,
    HoldState,
    WantedLine,
    asks_for,
    first_outcome_of,
    first_payment_outcome,
    is_due,
    lines_held,
    merged,
    new_hold,
)
from inventory.memory_room import MemoryRoom
from inventory.pool import Pool, has_ended, is_shown
from inventory.store import SALES_MAX, Result, SaleTerms, Swept
from inventory.uuid7 import forget_before_ms, is_of_older_epoch, is_stale


class MemoryStore:
    """The model. `clock` returns ms since 1970."""

    def __init__(self, clock: Callable[[], int], *, retention_ms: int, extension_ms: int) -> None:
        self._clock = clock
        self._retention_ms = retention_ms
        self._extension_ms = extension_ms
        self._rooms: dict[str, MemoryRoom] = {}

    def _room(self, room_id: str) -> MemoryRoom:
        """The room, at the beginning of a command."""
        room = self._rooms.setdefault(room_id, MemoryRoom())
        room.touched.clear()
        return room

    async def put_sale(self, room_id: str, terms: SaleTerms, *, may_create: bool = True) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        existing = room.pools.get(terms.sale_id)
        if existing is None and not may_create:
            return Result(outcome=Outcome.UNKNOWN_SALE, now_ms=now_ms)
        if existing is None and len(room.pools) >= SALES_MAX:
            return Result(outcome=Outcome.TOO_MANY_SALES, now_ms=now_ms)
        if existing is None:
            pool = room.pools[terms.sale_id] = _new_pool(terms)
            return Result(outcome=Outcome.CREATED, now_ms=now_ms, pools=[pool])
        if _terms_of(existing) != terms:
            return Result(outcome=Outcome.KEY_REUSED, now_ms=now_ms, pools=[existing])
        return _replayed(now_ms, Outcome.CREATED, pools=[existing])

    async def start_sale(
        self, room_id: str, sale_id: str, countdown_ms: int, duration_ms: int
    ) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        pool = room.pools.get(sale_id)
        if pool is None:
            return Result(outcome=Outcome.UNKNOWN_SALE, now_ms=now_ms)
        if pool.starts_at_ms is not None or pool.ends_at_ms is not None:
            return Result(outcome=Outcome.ALREADY_STARTED, now_ms=now_ms, pools=[pool])
        starts_at_ms = now_ms + countdown_ms
        pool = room.end_at(pool, starts_at_ms + duration_ms, starts_at_ms=starts_at_ms)
        return Result(outcome=Outcome.STARTED, now_ms=now_ms, pools=[pool])

    async def end_sale(self, room_id: str, sale_id: str) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        pool = room.pools.get(sale_id)
        if pool is None:
            return Result(outcome=Outcome.UNKNOWN_SALE, now_ms=now_ms)
        if has_ended(pool, now_ms):
            return Result(outcome=Outcome.ENDED, now_ms=now_ms, pools=[pool])
        room.end_at(pool, now_ms)
        room.serve_waitlists(now_ms)
        return Result(outcome=Outcome.STOPPED, now_ms=now_ms, pools=[room.pools[sale_id]])

    async def pause_sale(self, room_id: str, sale_id: str) -> Result:
        return self._set_paused(room_id, sale_id, Outcome.SALE_PAUSED)

    async def resume_sale(self, room_id: str, sale_id: str) -> Result:
        return self._set_paused(room_id, sale_id, Outcome.SALE_RESUMED)

    def _set_paused(self, room_id: str, sale_id: str, outcome: Outcome) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        pool, paused = room.pools.get(sale_id), outcome is Outcome.SALE_PAUSED
        if pool is None:
            return Result(outcome=Outcome.UNKNOWN_SALE, now_ms=now_ms)
        if has_ended(pool, now_ms):
            return Result(outcome=Outcome.ENDED, now_ms=now_ms, pools=[pool])
        if pool.paused is paused:
            return _replayed(now_ms, outcome, pools=[pool])
        room.put_pool(msgspec.structs.replace(pool, paused=paused, version=pool.version + 1))
        room.serve_waitlists(now_ms)
        return Result(outcome=outcome, now_ms=now_ms, pools=[room.pools[sale_id]])

    async def restock(self, room_id: str, restock_id: str, sale_id: str, units: int) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        pool, seen = room.pools.get(sale_id), room.restocks.get(restock_id)
        if seen is not None and seen != (sale_id, units):
            return Result(outcome=Outcome.KEY_REUSED, now_ms=now_ms)
        if seen is None and is_stale(restock_id, now_ms, self._retention_ms):
            return Result(outcome=Outcome.STALE_ID, now_ms=now_ms)
        if seen is None and is_of_older_epoch(restock_id, room.epoch_ms):
            return Result(outcome=Outcome.STALE_EPOCH, now_ms=now_ms)
        if pool is None:
            return Result(outcome=Outcome.UNKNOWN_SALE, now_ms=now_ms)
        if seen is not None:
            return _replayed(now_ms, Outcome.RESTOCKED, pools=[pool])
        if pool.available + units < 0:
            return Result(outcome=Outcome.CUT_TOO_DEEP, now_ms=now_ms, pools=[pool])
        room.restocks[restock_id] = (sale_id, units)
        room.retained_from_ms[f"op:{restock_id}"] = now_ms
        pool = pools_module.restock(pool, units)
        room.put_pool(pool)
        room.serve_waitlists(now_ms)
        pool = room.pools[sale_id]
        return Result(outcome=Outcome.RESTOCKED, now_ms=now_ms, pools=[pool])

    async def reserve(
        self,
        room_id: str,
        hold_id: str,
        buyer_id: str,
        wanted: list[WantedLine],
        *,
        or_wait: bool = False,
    ) -> Result:
        room, now_ms, lines = self._room(room_id), self._clock(), merged(wanted)
        self._reclaim(room, now_ms)
        self._serve_who_waits(room, lines, now_ms)
        seen = room.holds.get(hold_id)
        if seen is not None:
            if not asks_for(seen, buyer_id, lines):
                return Result(outcome=Outcome.KEY_REUSED, now_ms=now_ms)
            return _replayed(now_ms, first_outcome_of(seen), hold=seen)
        if is_stale(hold_id, now_ms, self._retention_ms):
            return Result(outcome=Outcome.STALE_ID, now_ms=now_ms)
        if is_of_older_epoch(hold_id, room.epoch_ms):
            return Result(outcome=Outcome.STALE_EPOCH, now_ms=now_ms)
        if any(line.sale_id not in room.pools for line in lines):
            return Result(outcome=Outcome.UNKNOWN_SALE, now_ms=now_ms)
        refusal = room.refusal(buyer_id, lines, now_ms)
        while refusal and refusal.outcome in (Outcome.USER_LIMIT, Outcome.SOLD_OUT):
            if not self._reclaim(room, now_ms):
                break
            refusal = room.refusal(buyer_id, lines, now_ms)
        is_one_unit = len(lines) == 1 and lines[0].quantity == 1
        if refusal and refusal.outcome is Outcome.SOLD_OUT and or_wait and is_one_unit:
            return room.wait(hold_id, buyer_id, lines_held(lines, room.pools), now_ms)
        if refusal:
            return refusal
        pools = [room.pools[line.sale_id] for line in lines]
        hold = new_hold(hold_id, buyer_id, lines_held(lines, room.pools), pools, now_ms)
        room.holds[hold_id] = hold
        room.move_units(hold, Outcome.HELD)
        return Result(outcome=Outcome.HELD, now_ms=now_ms, hold=hold, pools=room.pools_of(hold))

    async def readmit(self, room_id: str, hold: Hold) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        seen = room.holds.get(hold.hold_id)
        if seen is not None and seen.buyer_id != hold.buyer_id:
            return Result(outcome=Outcome.KEY_REUSED, now_ms=now_ms)
        if seen is not None:
            return _replayed(now_ms, Outcome.READMITTED, hold=seen)
        if is_stale(hold.hold_id, now_ms, self._retention_ms):
            return Result(outcome=Outcome.STALE_ID, now_ms=now_ms)
        refusal = room.refusal_to_readmit(hold, now_ms)
        while refusal and refusal.outcome in (Outcome.USER_LIMIT, Outcome.SOLD_OUT):
            if not self._reclaim(room, now_ms):
                break
            refusal = room.refusal_to_readmit(hold, now_ms)
        if refusal:
            return refusal
        deadline_ms = max(hold.deadline_ms, now_ms + READMITTED_MIN_MS)
        hold = msgspec.structs.replace(hold, deadline_ms=deadline_ms)
        room.holds[hold.hold_id] = hold
        room.move_units(hold, Outcome.READMITTED)
        pools = room.pools_of(hold)
        return Result(outcome=Outcome.READMITTED, now_ms=now_ms, hold=hold, pools=pools)

    def _reclaim(self, room: MemoryRoom, now_ms: int) -> int:
        """Expires due holds and serves who waits for their units; how many were due."""
        reclaimed = room.reclaim(RECLAIM_BATCH_MAX, now_ms)
        room.serve_waitlists(now_ms)
        return len(reclaimed)

    def _serve_who_waits(self, room: MemoryRoom, lines: list[WantedLine], now_ms: int) -> None:
        """Who waits comes before who asks now."""
        wanted = {line.sale_id for line in lines} & room.pools.keys()
        room.touched |= {sale_id for sale_id in wanted if room.is_serving(sale_id, now_ms)}
        room.serve_waitlists(now_ms)
        while room.unserved & wanted:
            room.serve_waitlists(now_ms)

    async def extend(self, room_id: str, hold_id: str, buyer_id: str) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        hold = _owned(room.holds.get(hold_id), buyer_id)
        if hold is None:
            return Result(outcome=Outcome.UNKNOWN_HOLD, now_ms=now_ms)
        if hold.state is not HoldState.HELD or is_due(hold, now_ms):
            return Result(outcome=Outcome.NOT_HELD, now_ms=now_ms, hold=hold)
        if hold.extended:
            return Result(outcome=Outcome.ALREADY_EXTENDED, now_ms=now_ms, hold=hold)
        deadline_ms = hold.deadline_ms + self._extension_ms
        hold = msgspec.structs.replace(hold, extended=True, deadline_ms=deadline_ms)
        room.holds[hold_id] = hold
        return Result(outcome=Outcome.EXTENDED, now_ms=now_ms, hold=hold)

    async def cancel(self, room_id: str, hold_id: str, buyer_id: str) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        hold = _owned(room.holds.get(hold_id), buyer_id)
        if hold is None:
            return Result(outcome=Outcome.UNKNOWN_HOLD, now_ms=now_ms)
        if hold.state is HoldState.CANCELLED:
            return _replayed(now_ms, Outcome.CANCELLED, hold=hold)
        if hold.state is HoldState.WAITING:
            hold = room.stop_waiting(Outcome.LEFT, hold, now_ms)
            room.serve_waitlists(now_ms)
            pools = room.pools_of(hold)
            return Result(outcome=Outcome.LEFT, now_ms=now_ms, hold=hold, pools=pools)
        if hold.state is not HoldState.HELD:
            return Result(outcome=Outcome.NOT_HELD, now_ms=now_ms, hold=hold)
        hold = room.happen(Outcome.CANCELLED, hold, now_ms)
        room.serve_waitlists(now_ms)
        pools = room.pools_of(hold)
        return Result(outcome=Outcome.CANCELLED, now_ms=now_ms, hold=hold, pools=pools)

    async def pay(self, room_id: str, hold_id: str, payment_id: str, amount_cents: int) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        hold = room.holds.get(hold_id)
        if hold is None:
            return Result(outcome=Outcome.UNKNOWN_HOLD, now_ms=now_ms)
        if hold.payment_id == payment_id:
            return _replayed(now_ms, first_payment_outcome(hold), hold=hold)
        if hold.state is HoldState.WAITING or amount_cents != hold.amount_cents:
            return Result(outcome=Outcome.REFUND_DUE, now_ms=now_ms, hold=hold)
        if hold.payment_id is not None:
            return Result(outcome=Outcome.SECOND_PAYMENT, now_ms=now_ms, hold=hold)
        outcome = Outcome.PAID
        if hold.state is not HoldState.HELD:
            while not room.is_free(hold) and self._reclaim(room, now_ms):
                pass
            outcome = Outcome.PAID_LATE if room.is_free(hold) else Outcome.REFUND_DUE
        hold = room.happen(
            outcome,
            hold,
            now_ms,
            payment_id=payment_id,
            paid_late=outcome is Outcome.PAID_LATE,
        )
        room.serve_waitlists(now_ms)
        return Result(outcome=outcome, now_ms=now_ms, hold=hold, pools=room.pools_of(hold))

    async def refund(
        self, room_id: str, hold_id: str, refund_id: str, *, with_restock: bool
    ) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        hold = room.holds.get(hold_id)
        if hold is None:
            return Result(outcome=Outcome.UNKNOWN_HOLD, now_ms=now_ms)
        if hold.state is HoldState.REFUNDED and hold.refund_id != refund_id:
            return Result(outcome=Outcome.KEY_REUSED, now_ms=now_ms, hold=hold)
        if hold.state is HoldState.REFUNDED:
            return _replayed(now_ms, Outcome.REFUNDED, hold=hold)
        if hold.state is HoldState.REFUND_DUE:
            outcome = Outcome.REPAID
        elif hold.state is not HoldState.PAID:
            return Result(outcome=Outcome.NOT_PAID, now_ms=now_ms, hold=hold)
        elif len(room.pools_of(hold)) < len(hold.lines):
            return Result(outcome=Outcome.UNKNOWN_SALE, now_ms=now_ms, hold=hold)
        else:
            outcome = Outcome.RETURNED if with_restock else Outcome.REFUNDED
        hold = room.happen(outcome, hold, now_ms, refund_id=refund_id)
        room.serve_waitlists(now_ms)
        return Result(outcome=outcome, now_ms=now_ms, hold=hold, pools=room.pools_of(hold))

    async def expire_due(self, room_id: str, at_most: int = 100) -> Swept:
        room, now_ms = self._room(room_id), self._clock()
        more_to_serve = bool(room.unserved)
        expired = room.reclaim(at_most, now_ms)
        room.serve_waitlists(now_ms)
        full = room.forget(forget_before_ms(now_ms, self._retention_ms), at_most, now_ms)
        again = full or len(expired) == at_most or more_to_serve
        return Swept(holds=expired, again=again)

    def remembered_since_ms(self, now_ms: int) -> int:
        return forget_before_ms(now_ms, self._retention_ms)

    async def pools(self, room_id: str) -> list[Pool]:
        return sorted(self._room(room_id).pools.values(), key=lambda pool: pool.sale_id)

    async def shown_pools(self, room_id: str) -> list[Pool]:
        return [pool for pool in await self.pools(room_id) if is_shown(pool, self._clock())]

    async def hold(self, room_id: str, hold_id: str) -> Hold | None:
        return self._room(room_id).holds.get(hold_id)


def _replayed(
    now_ms: int, first: Outcome, *, hold: Hold | None = None, pools: Iterable[Pool] = ()
) -> Result:
    return Result(
        outcome=Outcome.REPLAYED, now_ms=now_ms, hold=hold, pools=list(pools), first_outcome=first
    )


def _owned(hold: Hold | None, buyer_id: str) -> Hold | None:
    """The hold if it is this buyer's; anybody else must not learn that it exists."""
    return hold if hold is not None and hold.buyer_id == buyer_id else None


def _new_pool(terms: SaleTerms) -> Pool:
    record = msgspec.structs.asdict(terms)
    units = record.pop("total_units")
    return Pool(created_total=units, total=units, available=units, **record)


def _terms_of(pool: Pool) -> SaleTerms:
    names = set(SaleTerms.__struct_fields__) - {"total_units"}
    terms = {name: getattr(pool, name) for name in names}
    return SaleTerms(total_units=pool.created_total, **terms)
