"""`Store` in memory: the pure rules in the order in which they apply.

This is the specification of the scripts in `redis_store/scripts/`, and the model they are tested
against (`tests/inventory/test_twins.py`). It keeps no outbox and survives nothing. Its clock is
handed in and must not step back.
"""

from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from inventory import pool as pools_module
from inventory.codes import Outcome
from inventory.hold import (
    RECLAIM_BATCH_MAX,
    TRANSITIONS,
    Hold,
    HoldState,
    Line,
    WantedLine,
    after,
    asks_for,
    first_payment_outcome,
    is_due,
    merged,
)
from inventory.pool import Phase, Pool, has_ended, moved, phase
from inventory.store import Result, SaleTerms
from inventory.uuid7 import forget_before_ms, is_stale


class _Room:
    """One room's records, as the hashes in Redis hold them."""

    def __init__(self) -> None:
        self.pools: dict[str, Pool] = {}
        self.holds: dict[str, Hold] = {}
        self.bought: Counter[tuple[str, str]] = Counter()  # (sale, buyer) -> units held or bought
        self.restocks: dict[str, tuple[str, int, int]] = {}  # id -> sale, units, time

    def pools_of(self, hold: Hold) -> list[Pool]:
        return [self.pools[line.sale_id] for line in hold.lines]

    def due(self, now_ms: int) -> list[Hold]:
        """Holds whose time is over, oldest first."""
        due = [hold for hold in self.holds.values() if is_due(hold, now_ms)]
        return sorted(due, key=lambda hold: (hold.deadline_ms, hold.hold_id))

    def move_units(self, hold: Hold, outcome: Outcome) -> None:
        change = TRANSITIONS[outcome]
        if change.source is change.target:
            return
        for line in hold.lines:
            pool = self.pools[line.sale_id]
            self.pools[line.sale_id] = moved(pool, change.source, change.target, line.quantity)
            self.bought[line.sale_id, hold.buyer_id] += change.buyer_units * line.quantity

    def happen(
        self, outcome: Outcome, hold: Hold, now_ms: int, payment_id: str | None = None
    ) -> Hold:
        """Lets an outcome happen to a live or lapsed hold, and returns it as it is then."""
        resolved = after(hold, outcome, now_ms, payment_id)
        self.move_units(hold, outcome)
        self.holds[hold.hold_id] = resolved
        return resolved

    def reclaim(self, at_most: int, now_ms: int) -> list[Hold]:
        due = self.due(now_ms)[:at_most]
        return [self.happen(Outcome.EXPIRED, hold, now_ms) for hold in due]

    def refusal(self, buyer_id: str, wanted: list[WantedLine], now_ms: int) -> Result | None:
        """The first refusal that applies, in the order of `Outcome`, across all lines."""
        rules: list[tuple[Outcome, Callable[[WantedLine, Pool], bool]]] = [
            (
                Outcome.NOT_STARTED,
                lambda _, pool: phase(pool, now_ms) in (Phase.SCHEDULED, Phase.COUNTING),
            ),
            (Outcome.ENDED, lambda _, pool: has_ended(pool, now_ms)),
            (Outcome.PAUSED, lambda _, pool: pool.paused),
            (Outcome.USER_LIMIT, lambda line, pool: self.is_over_limit(buyer_id, line, pool)),
            (Outcome.SOLD_OUT, lambda line, pool: pool.available < line.quantity),
        ]
        for outcome, applies in rules:
            for line in wanted:
                pool = self.pools[line.sale_id]
                if applies(line, pool):
                    return Result(outcome=outcome, now_ms=now_ms, pools=[pool])
        return None

    def is_over_limit(self, buyer_id: str, line: WantedLine | Line, pool: Pool) -> bool:
        return self.bought[line.sale_id, buyer_id] + line.quantity > pool.per_buyer_max

    def is_free(self, hold: Hold) -> bool:
        """Whether a lapsed hold's units can still be had, for a payment that came late."""
        return all(
            not pool.paused
            and not self.is_over_limit(hold.buyer_id, line, pool)
            and pool.available >= line.quantity
            for line, pool in zip(hold.lines, self.pools_of(hold), strict=True)
        )

    def forget(self, before_ms: int, at_most: int) -> None:
        """Forgets what finished before a time, oldest first; sold units stay counted."""
        finished = [
            (hold.finished_at_ms, hold_id)
            for hold_id, hold in self.holds.items()
            if hold.finished_at_ms is not None
        ]
        finished += [(at_ms, f"op:{each}") for each, (_, _, at_ms) in self.restocks.items()]
        for finished_at_ms, member in sorted(finished)[:at_most]:
            if finished_at_ms >= before_ms:
                return
            if member.startswith("op:"):
                del self.restocks[member.removeprefix("op:")]
            else:
                self._archive(self.holds.pop(member))

    def _archive(self, hold: Hold) -> None:
        if hold.state is HoldState.PAID:
            for line, pool in zip(hold.lines, self.pools_of(hold), strict=True):
                archived = pool.archived_sold + line.quantity
                self.pools[pool.sale_id] = msgspec.structs.replace(pool, archived_sold=archived)


class MemoryStore:
    """The model. `clock` returns ms since 1970."""

    def __init__(self, clock: Callable[[], int], *, retention_ms: int, extension_ms: int) -> None:
        self._clock = clock
        self._retention_ms = retention_ms
        self._extension_ms = extension_ms
        self._rooms: dict[str, _Room] = {}

    def _room(self, room_id: str) -> _Room:
        return self._rooms.setdefault(room_id, _Room())

    async def put_sale(self, room_id: str, terms: SaleTerms) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        existing = room.pools.get(terms.sale_id)
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
        pool = room.pools[sale_id] = msgspec.structs.replace(
            pool,
            starts_at_ms=starts_at_ms,
            ends_at_ms=starts_at_ms + duration_ms,
            version=pool.version + 1,
        )
        return Result(outcome=Outcome.STARTED, now_ms=now_ms, pools=[pool])

    async def end_sale(self, room_id: str, sale_id: str) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        pool = room.pools.get(sale_id)
        if pool is None:
            return Result(outcome=Outcome.UNKNOWN_SALE, now_ms=now_ms)
        if has_ended(pool, now_ms):
            return Result(outcome=Outcome.ENDED, now_ms=now_ms, pools=[pool])
        pool = room.pools[sale_id] = msgspec.structs.replace(
            pool, ends_at_ms=now_ms, version=pool.version + 1
        )
        return Result(outcome=Outcome.STOPPED, now_ms=now_ms, pools=[pool])

    async def restock(self, room_id: str, restock_id: str, sale_id: str, units: int) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        if restock_id in room.restocks:
            if room.restocks[restock_id][:2] != (sale_id, units):
                return Result(outcome=Outcome.KEY_REUSED, now_ms=now_ms)
            return _replayed(now_ms, Outcome.RESTOCKED, pools=[room.pools[sale_id]])
        if is_stale(restock_id, now_ms, self._retention_ms):
            return Result(outcome=Outcome.STALE_ID, now_ms=now_ms)
        pool = room.pools.get(sale_id)
        if pool is None:
            return Result(outcome=Outcome.UNKNOWN_SALE, now_ms=now_ms)
        if pool.available + units < 0:
            return Result(outcome=Outcome.CUT_TOO_DEEP, now_ms=now_ms, pools=[pool])
        room.restocks[restock_id] = (sale_id, units, now_ms)
        pool = room.pools[sale_id] = pools_module.restock(pool, units)
        return Result(outcome=Outcome.RESTOCKED, now_ms=now_ms, pools=[pool])

    async def reserve(
        self, room_id: str, hold_id: str, buyer_id: str, wanted: list[WantedLine]
    ) -> Result:
        room, now_ms, lines = self._room(room_id), self._clock(), merged(wanted)
        seen = room.holds.get(hold_id)
        if seen is not None:
            if not asks_for(seen, buyer_id, lines):
                return Result(outcome=Outcome.KEY_REUSED, now_ms=now_ms)
            return _replayed(now_ms, Outcome.HELD, hold=seen)
        if is_stale(hold_id, now_ms, self._retention_ms):
            return Result(outcome=Outcome.STALE_ID, now_ms=now_ms)
        if any(line.sale_id not in room.pools for line in lines):
            return Result(outcome=Outcome.UNKNOWN_SALE, now_ms=now_ms)
        refusal = room.refusal(buyer_id, lines, now_ms)
        while refusal and refusal.outcome in (Outcome.USER_LIMIT, Outcome.SOLD_OUT):
            if not room.reclaim(RECLAIM_BATCH_MAX, now_ms):
                break
            refusal = room.refusal(buyer_id, lines, now_ms)
        if refusal:
            return refusal
        hold = _new_hold(hold_id, buyer_id, lines, room.pools, now_ms)
        room.holds[hold_id] = hold
        room.move_units(hold, Outcome.HELD)
        return Result(outcome=Outcome.HELD, now_ms=now_ms, hold=hold, pools=room.pools_of(hold))

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
        if hold.state is not HoldState.HELD:
            return Result(outcome=Outcome.NOT_HELD, now_ms=now_ms, hold=hold)
        hold = room.happen(Outcome.CANCELLED, hold, now_ms)
        pools = room.pools_of(hold)
        return Result(outcome=Outcome.CANCELLED, now_ms=now_ms, hold=hold, pools=pools)

    async def pay(self, room_id: str, hold_id: str, payment_id: str, amount_cents: int) -> Result:
        room, now_ms = self._room(room_id), self._clock()
        hold = room.holds.get(hold_id)
        if hold is None:
            return Result(outcome=Outcome.UNKNOWN_HOLD, now_ms=now_ms)
        if hold.payment_id == payment_id:
            return _replayed(now_ms, first_payment_outcome(hold), hold=hold)
        if amount_cents != hold.amount_cents:
            return Result(outcome=Outcome.REFUND_DUE, now_ms=now_ms, hold=hold)
        if hold.state in (HoldState.PAID, HoldState.REFUND_DUE):
            return Result(outcome=Outcome.SECOND_PAYMENT, now_ms=now_ms, hold=hold)
        outcome = Outcome.PAID
        if hold.state is not HoldState.HELD:
            while not room.is_free(hold) and room.reclaim(RECLAIM_BATCH_MAX, now_ms):
                pass
            outcome = Outcome.PAID_LATE if room.is_free(hold) else Outcome.REFUND_DUE
        hold = room.happen(outcome, hold, now_ms, payment_id)
        return Result(outcome=outcome, now_ms=now_ms, hold=hold, pools=room.pools_of(hold))

    async def expire_due(self, room_id: str, at_most: int = 100) -> list[Hold]:
        room, now_ms = self._room(room_id), self._clock()
        expired = room.reclaim(at_most, now_ms)
        room.forget(forget_before_ms(now_ms, self._retention_ms), at_most)
        return expired

    async def pools(self, room_id: str) -> list[Pool]:
        return sorted(self._room(room_id).pools.values(), key=lambda pool: pool.sale_id)

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


def _new_hold(
    hold_id: str, buyer_id: str, wanted: list[WantedLine], pools: dict[str, Pool], now_ms: int
) -> Hold:
    lines = [
        Line(
            sale_id=line.sale_id,
            product_id=pools[line.sale_id].product_id,
            quantity=line.quantity,
            price_cents=pools[line.sale_id].price_cents,
        )
        for line in wanted
    ]
    duration_ms = min(pools[line.sale_id].hold_duration_ms for line in wanted)
    return Hold(
        hold_id=hold_id,
        buyer_id=buyer_id,
        lines=lines,
        state=HoldState.HELD,
        created_at_ms=now_ms,
        deadline_ms=now_ms + duration_ms,
    )
