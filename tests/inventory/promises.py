"""What must be true of a room's records at every moment, whoever keeps them. Pure.

`Records` are read from Redis or from the model; `broken_promises` names what is not as it must be.
Nothing here uses the code that keeps the records: all is counted anew from the holds.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from inventory.hold import Hold, HoldState
from inventory.pool import Pool, has_ended

Place = tuple[str, int]  # of a sale's waitlist


class Records(NamedTuple):
    """A room at `now_ms`. `bought`: units by (sale, buyer); `unserved`: sales whose waitlist a
    command has left unfinished; `forgets_before_ms`: sales over since then may miss holds."""

    now_ms: int
    pools: Mapping[str, Pool]
    holds: Mapping[str, Hold]
    bought: Mapping[tuple[str, str], int]
    places: Mapping[Place, str]
    unserved: frozenset[str]
    forgets_before_ms: int


def broken_promises(records: Records) -> list[str]:
    """One line for each promise that is not kept; none, as it should be."""
    return [
        *_units(records),
        *_buyers(records),
        *(line for pool in records.pools.values() for line in _waitlist(records, pool)),
    ]


def _units(records: Records) -> Iterator[str]:
    held, sold = _units_in(records, HoldState.HELD), _units_in(records, HoldState.PAID)
    for sale_id, pool in records.pools.items():
        counts = (pool.total, pool.available, pool.held, pool.sold)
        if min(counts) < 0 or pool.total != pool.available + pool.held + pool.sold:
            yield f"{sale_id}: total, available, held, sold are {counts}"
        if pool.held != held[sale_id]:
            yield f"{sale_id}: {pool.held} held, but holds have {held[sale_id]}"
        if is_remembered(records, sale_id) and pool.sold != sold[sale_id]:
            yield f"{sale_id}: {pool.sold} sold, but paid holds have {sold[sale_id]}"


def _units_in(records: Records, state: HoldState) -> Counter[str]:
    units: Counter[str] = Counter()
    for hold in records.holds.values():
        for line in hold.lines if hold.state is state else []:
            units[line.sale_id] += line.quantity
    return units


def is_remembered(records: Records, sale_id: str) -> bool:
    """Whether every hold of the sale must be there."""
    ends_at_ms = records.pools[sale_id].ends_at_ms
    return ends_at_ms is None or ends_at_ms >= records.forgets_before_ms


def _buyers(records: Records) -> Iterator[str]:
    counted: Counter[tuple[str, str]] = Counter()
    for hold in records.holds.values():
        for line in hold.lines:
            if hold.state in (HoldState.HELD, HoldState.PAID):
                counted[line.sale_id, hold.buyer_id] += line.quantity
    if counted != Counter({key: units for key, units in records.bought.items() if units}):
        yield f"buyers have {dict(counted)}, counted are {dict(records.bought)}"
    for (sale_id, buyer_id), units in counted.items():
        pool = records.pools.get(sale_id)
        if pool is not None and units > pool.per_buyer_max:
            yield f"{sale_id}: {buyer_id} has {units}, more than {pool.per_buyer_max}"


def _waitlist(records: Records, pool: Pool) -> Iterator[str]:
    waiting = {
        hold.hold_id: hold
        for hold in records.holds.values()
        if hold.state is HoldState.WAITING and hold.lines[0].sale_id == pool.sale_id
    }
    places = {
        number: of for (sale_id, number), of in records.places.items() if sale_id == pool.sale_id
    }
    in_order = [places[number] for number in sorted(places)]
    if sorted(in_order) != sorted(waiting) or pool.waiting != len(waiting):
        yield f"{pool.sale_id}: {pool.waiting} wait, holds {sorted(waiting)}, places {in_order}"
    if not all(pool.waiting_next <= number < pool.waiting_end for number in places):
        yield f"{pool.sale_id}: places {sorted(places)} of {pool.waiting_next}..{pool.waiting_end}"
    came = [waiting[hold_id].created_at_ms for hold_id in in_order if hold_id in waiting]
    if came != sorted(came):
        yield f"{pool.sale_id}: places are not in the order of coming, {in_order}"
    buyers = Counter(hold.buyer_id for hold in waiting.values())
    if buyers and max(buyers.values()) > 1:
        yield f"{pool.sale_id}: somebody has two places, {buyers}"
    if in_order and sorted(in_order) == sorted(waiting):
        yield from _passed_over(records, pool, waiting[in_order[0]])


def _passed_over(records: Records, pool: Pool, first: Hold) -> Iterator[str]:
    """Nobody waits while there is a unit to be had."""
    is_open = not pool.paused and not has_ended(pool, records.now_ms)
    is_free = pool.available >= first.lines[0].quantity
    if is_open and is_free and pool.sale_id not in records.unserved:
        yield f"{pool.sale_id}: {first.hold_id} waits while {pool.available} units are free"
