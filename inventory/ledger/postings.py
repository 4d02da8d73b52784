"""From outbox entries to what the ledger writes. Pure: no SQL, no clock.

A batch of entries is folded into few rows, so that a busy sale costs a handful of statements: every
movement, and of each hold and sale the last word only.
"""

from collections import Counter
from typing import Any

import msgspec

from inventory.codes import Outcome
from inventory.entry import Entry
from inventory.hold import TRANSITIONS, Hold
from inventory.pool import COUNTER_NAMES, Account, Pool


class Movement(msgspec.Struct, frozen=True):
    """Units of one sale that went from one account to another."""

    position: int
    sale_id: str
    from_account: Account
    to_account: Account
    units: int
    hold_id: str = ""  # none, where units come from supply or go there


class Postings(msgspec.Struct, frozen=True):
    """What a batch of one room's entries amounts to."""

    movements: list[Movement]
    holds: list[Hold]  # the last word on each
    pools: list[Pool]  # the last word on each
    archived: dict[str, int]  # sale id -> the position at which it left Redis


def fold(entries: list[Entry]) -> Postings:
    """Entries of one room, in order, as postings."""
    moves = [movement for entry in entries for movement in movements_of(entry)]
    holds = {hold.hold_id: hold for entry in entries for hold in entry.holds}
    pools = {pool.sale_id: pool for entry in entries for pool in entry.pools}
    archived = {
        pool.sale_id: entry.position
        for entry in entries
        if entry.kind is Outcome.ARCHIVED
        for pool in entry.pools
    }
    return Postings(moves, list(holds.values()), list(pools.values()), archived)


def movements_of(entry: Entry) -> list[Movement]:
    """The double entries of one outbox entry: one for each line of each of its holds."""
    if entry.kind in (Outcome.CREATED, Outcome.RESTOCKED):
        return _supply_movements(entry)
    transition = TRANSITIONS.get(entry.kind)
    if transition is None or transition.source is transition.target:
        return []
    source, target = transition.source, transition.target
    return [
        Movement(entry.position, line.sale_id, source, target, line.quantity, hold.hold_id)
        for hold in entry.holds
        for line in hold.lines
    ]


def _supply_movements(entry: Entry) -> list[Movement]:
    if entry.units == 0:
        return []
    source, target = Account.SUPPLY, Account.AVAILABLE
    if entry.units < 0:
        source, target = target, source
    [pool] = entry.pools
    return [Movement(entry.position, pool.sale_id, source, target, abs(entry.units))]


def counter_changes(movements: list[Movement]) -> dict[str, dict[str, int]]:
    """What the movements do to each sale's counters: sale_id -> total, available, held, sold."""
    changes: dict[str, Counter[Account]] = {}
    for movement in movements:
        change = changes.setdefault(movement.sale_id, Counter())
        change[movement.from_account] -= movement.units
        change[movement.to_account] += movement.units
    return {sale_id: as_counters(change) for sale_id, change in changes.items()}


def as_counters(balances: dict[Account, int] | Counter[Account]) -> dict[str, int]:
    """Account balances as the counters of a pool; what came from supply is the total."""
    return {
        "total": -balances.get(Account.SUPPLY, 0),
        "available": balances.get(Account.AVAILABLE, 0),
        "held": balances.get(Account.HELD, 0),
        "sold": balances.get(Account.SOLD, 0),
    }


def order_row(room_id: str, hold: Hold) -> dict[str, Any]:
    row = msgspec.structs.asdict(hold)
    del row["lines"]
    return row | {"room_id": room_id, "state": hold.state.value, "amount_cents": hold.amount_cents}


def line_rows(room_id: str, hold: Hold) -> list[dict[str, Any]]:
    key = {"room_id": room_id, "hold_id": hold.hold_id}
    return [key | msgspec.structs.asdict(line) for line in hold.lines]


def sale_row(room_id: str, pool: Pool) -> dict[str, Any]:
    """A sale's terms; its counters are left to the movements."""
    row = msgspec.structs.asdict(pool)
    for name in (*COUNTER_NAMES, "created_total", "waiting", "waiting_next", "waiting_end"):
        del row[name]
    return row | {"room_id": room_id}


def movement_row(room_id: str, movement: Movement) -> dict[str, Any]:
    row = msgspec.structs.asdict(movement)
    accounts = {
        "from_account": movement.from_account.value,
        "to_account": movement.to_account.value,
    }
    return row | accounts | {"room_id": room_id}
