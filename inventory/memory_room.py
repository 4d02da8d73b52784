"""One room of the model: its records, and the steps of which its commands are made.

`memory_store.py` decides which command does what; here units move and records come and go. Twin of
`redis_store/scripts/prelude.lua`.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from inventory.codes import Outcome
from inventory.hold import (
    OFFER_DURATION_MS,
    OFFERS_PER_COMMAND_MAX,
    TRANSITIONS,
    WAITLIST_MAX,
    Hold,
    HoldState,
    Line,
    WantedLine,
    after,
    is_due,
    new_hold,
)
from inventory.pool import Phase, Pool, has_ended, is_lawful, moved, phase
from inventory.store import Result

Rules = list[tuple[Outcome, Callable[[WantedLine | Line, Pool], bool]]]


class MemoryRoom:
    """One room's records, as the hashes in Redis hold them."""

    def __init__(self) -> None:
        self.pools: dict[str, Pool] = {}
        self.holds: dict[str, Hold] = {}
        self.bought: Counter[tuple[str, str]] = Counter()  # (sale, buyer) -> units held or bought
        self.restocks: dict[str, tuple[str, int]] = {}  # id -> sale, units
        self.retained_from_ms: dict[str, int] = {}  # hold id, op:restock id, sale:sale id
        self.epoch_ms = 0  # when it was restored from SQL; 0: never
        self.places: dict[tuple[str, int], str] = {}  # waitlists: (sale, place) -> hold id
        self.touched: set[str] = set()  # sales that the command has changed
        self.unserved: set[str] = set()  # sales of which a command left places to serve

    def pools_of(self, hold: Hold) -> list[Pool]:
        """The pools of a hold, without those of archived sales."""
        found = (self.pools.get(line.sale_id) for line in hold.lines)
        return [pool for pool in found if pool is not None]

    def due(self, now_ms: int) -> list[Hold]:
        """Holds whose time is over, oldest first."""
        due = [hold for hold in self.holds.values() if is_due(hold, now_ms)]
        return sorted(due, key=lambda hold: (hold.deadline_ms, hold.hold_id))

    def put_pool(self, pool: Pool) -> None:
        self.pools[pool.sale_id] = pool
        self.touched.add(pool.sale_id)

    def move_units(self, hold: Hold, outcome: Outcome) -> None:
        change = TRANSITIONS[outcome]
        if change.source is change.target:
            return
        for line in hold.lines:
            pool = self.pools[line.sale_id]
            self.put_pool(moved(pool, change.source, change.target, line.quantity))
            self.bought[line.sale_id, hold.buyer_id] += change.buyer_units * line.quantity

    def happen(self, outcome: Outcome, hold: Hold, now_ms: int, **changes: Any) -> Hold:
        """Lets an outcome happen to a hold, and returns it as it is then."""
        changed = after(hold, outcome, now_ms, **changes)
        self.move_units(hold, outcome)
        self.holds[hold.hold_id] = changed
        if changed.finished_at_ms is not None:
            ends_ms = (pool.ends_at_ms or 0 for pool in self.pools_of(hold))
            self.retained_from_ms[hold.hold_id] = max(now_ms, *ends_ms, 0)
        return changed

    def wait(self, hold_id: str, buyer_id: str, lines: list[Line], now_ms: int) -> Result:
        """Gives a buyer the last place of a sale's waitlist, if there is one."""
        pool = self.pools[lines[0].sale_id]
        outcome = Outcome.WAITING
        if any(
            hold.buyer_id == buyer_id and hold.lines[0].sale_id == pool.sale_id
            for hold in self.holds.values()
            if hold.state is HoldState.WAITING
        ):
            outcome = Outcome.ALREADY_WAITING
        elif pool.waiting >= WAITLIST_MAX:
            outcome = Outcome.WAITLIST_FULL
        if outcome is not Outcome.WAITING:
            return Result(outcome=outcome, now_ms=now_ms, pools=[pool])
        hold = new_hold(hold_id, buyer_id, lines, [pool], now_ms, outcome)
        self.holds[hold_id] = hold
        self.places[pool.sale_id, pool.waiting_end] = hold_id
        pool = msgspec.structs.replace(
            pool,
            waiting=pool.waiting + 1,
            waiting_next=pool.waiting_next if pool.waiting else pool.waiting_end,
            waiting_end=pool.waiting_end + 1,
            version=pool.version + 1,
        )
        self.put_pool(pool)
        return Result(outcome=outcome, now_ms=now_ms, hold=hold, pools=[pool])

    def stop_waiting(self, outcome: Outcome, hold: Hold, now_ms: int, **changes: Any) -> Hold:
        """Ends a hold's waiting: OFFERED, LEFT or UNSERVED. Its place's number is skipped."""
        place = next((place for place, of in self.places.items() if of == hold.hold_id), None)
        if place is not None:
            del self.places[place]
        pool = self.pools.get(hold.lines[0].sale_id)
        if pool is not None:
            self.put_pool(
                msgspec.structs.replace(pool, waiting=pool.waiting - 1, version=pool.version + 1)
            )
        return self.happen(outcome, hold, now_ms, **changes)

    def serve_waitlists(self, now_ms: int) -> None:
        """Units that are free go to those who wait, first come first served, and who waits for a
        sale that has ended is told so; so many in one command, and the rest is `unserved`."""
        servings_left = OFFERS_PER_COMMAND_MAX
        for sale_id in sorted(self.touched):
            while servings_left and self.is_serving(sale_id, now_ms):
                servings_left -= 1
                self._serve_first(sale_id, now_ms)
            self.unserved.discard(sale_id)
            if self.is_serving(sale_id, now_ms):
                self.unserved.add(sale_id)

    def is_serving(self, sale_id: str, now_ms: int) -> bool:
        """Whether somebody who waits may be served or told."""
        pool = self.pools[sale_id]
        if pool.waiting == 0 or pool.waiting_next >= pool.waiting_end or not is_lawful(pool):
            return False
        return has_ended(pool, now_ms) or (pool.available > 0 and not pool.paused)

    def _serve_first(self, sale_id: str, now_ms: int) -> None:
        """Serves or skips the first place of a sale's waitlist."""
        pool = self.pools[sale_id]
        hold_id = self.places.get((sale_id, pool.waiting_next))
        pool = msgspec.structs.replace(pool, waiting_next=pool.waiting_next + 1)
        self.pools[sale_id] = pool
        hold = None if hold_id is None else self.holds.get(hold_id)
        if hold is None or hold.state is not HoldState.WAITING:
            return
        if has_ended(pool, now_ms) or self.is_over_limit(hold.buyer_id, hold.lines[0], pool):
            self.stop_waiting(Outcome.UNSERVED, hold, now_ms)
        else:
            deadline_ms = now_ms + OFFER_DURATION_MS
            self.stop_waiting(Outcome.OFFERED, hold, now_ms, offered=True, deadline_ms=deadline_ms)

    def end_at(self, pool: Pool, ends_at_ms: int, **changes: int) -> Pool:
        """Sets when a sale ends (and starts); retention counts from then."""
        ending = msgspec.structs.replace(
            pool, ends_at_ms=ends_at_ms, version=pool.version + 1, **changes
        )
        self.retained_from_ms[f"sale:{pool.sale_id}"] = ends_at_ms
        self.put_pool(ending)
        return ending

    def reclaim(self, at_most: int, now_ms: int) -> list[Hold]:
        """Expires due holds and ends waiting that is over; those of both kinds that it did. Sales
        with places left to serve are served with those that it changes."""
        self.touched |= self.unserved & self.pools.keys()
        return [
            self.stop_waiting(Outcome.UNSERVED, hold, now_ms)
            if hold.state is HoldState.WAITING
            else self.happen(Outcome.EXPIRED, hold, now_ms)
            for hold in self.due(now_ms)[:at_most]
        ]

    def refusal(self, buyer_id: str, wanted: list[WantedLine], now_ms: int) -> Result | None:
        """The first refusal that applies, in the order of `Outcome`, across all lines."""
        rules: Rules = [
            (
                Outcome.NOT_STARTED,
                lambda _, pool: phase(pool, now_ms) in (Phase.SCHEDULED, Phase.COUNTING),
            ),
            (Outcome.ENDED, lambda _, pool: has_ended(pool, now_ms)),
            (Outcome.PAUSED, lambda _, pool: pool.paused),
            (Outcome.USER_LIMIT, lambda line, pool: self.is_over_limit(buyer_id, line, pool)),
            (Outcome.SOLD_OUT, lambda line, pool: pool.available < line.quantity),
        ]
        return self._first_refusal(rules, wanted, now_ms)

    def refusal_to_readmit(self, hold: Hold, now_ms: int) -> Result | None:
        """Whether the sale has ended is no question: the hold was given while it was open."""
        if len(self.pools_of(hold)) < len(hold.lines):
            return Result(outcome=Outcome.UNKNOWN_SALE, now_ms=now_ms)
        rules: Rules = [
            (Outcome.PAUSED, lambda _, pool: pool.paused),
            (Outcome.USER_LIMIT, lambda line, pool: self.is_over_limit(hold.buyer_id, line, pool)),
            (Outcome.SOLD_OUT, lambda line, pool: pool.available < line.quantity),
        ]
        return self._first_refusal(rules, hold.lines, now_ms)

    def _first_refusal(
        self, rules: Rules, lines: Sequence[WantedLine | Line], now_ms: int
    ) -> Result | None:
        for outcome, applies in rules:
            for line in lines:
                pool = self.pools[line.sale_id]
                if applies(line, pool):
                    return Result(outcome=outcome, now_ms=now_ms, pools=[pool])
        return None

    def is_over_limit(self, buyer_id: str, line: WantedLine | Line, pool: Pool) -> bool:
        return self.bought[line.sale_id, buyer_id] + line.quantity > pool.per_buyer_max

    def is_free(self, hold: Hold) -> bool:
        """Whether a lapsed hold's units can still be had, for a payment that came late."""
        pools = self.pools_of(hold)
        return len(pools) == len(hold.lines) and all(
            not pool.paused
            and not self.is_over_limit(hold.buyer_id, line, pool)
            and pool.available >= line.quantity
            for line, pool in zip(hold.lines, pools, strict=True)
        )

    def forget(self, before_ms: int, at_most: int, now_ms: int) -> bool:
        """Forgets what retention no longer covers, oldest first; whether there may be more."""
        by_age = sorted((from_ms, member) for member, from_ms in self.retained_from_ms.items())
        old = [member for from_ms, member in by_age if from_ms < before_ms][:at_most]
        for member in old:
            if self._forget(member):
                del self.retained_from_ms[member]
            else:
                self.retained_from_ms[member] = now_ms
        return len(old) == at_most

    def _forget(self, member: str) -> bool:
        """Forgets one record; False if somebody still holds units of the sale it is."""
        kind, _, record_id = member.rpartition(":")
        if kind == "op":
            del self.restocks[record_id]
        elif kind == "sale":
            if self.pools[record_id].held > 0 or self.pools[record_id].waiting > 0:
                return False
            del self.pools[record_id]
        else:
            self._forget_hold(self.holds.pop(member))
        return True

    def _forget_hold(self, hold: Hold) -> None:
        if hold.state is HoldState.PAID:
            for line in hold.lines:
                self.bought[line.sale_id, hold.buyer_id] -= line.quantity
