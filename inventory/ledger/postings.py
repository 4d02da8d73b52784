"""From outbox entries to what the ledger writes. Pure: no SQL, no clock.

A batch of entries is folded into few rows, so that a busy sale costs a handful of statements: every
movement, and of each hold and sale the last word only.
"""

from collections import Counter
from operator import attrgetter
from typing import Any

import msgspec

from inventory.codes import Outcome
from inventory.entry import Entry, time_ms_of
from inventory.hold import TRANSITIONS, Hold, HoldState, Line
from inventory.pool import COUNTER_NAMES, Account, Pool, Restock
from inventory.uuid7 import timestamp_ms


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
    made: set[str]  # the holds that are new
    pools: list[Pool]  # the last word on each
    created: set[str]  # the sales that are new
    archived: dict[str, int]  # sale id -> the position at which it left Redis
    restocks: dict[int, Restock]  # those that told their id, by position


def fold(entries: list[Entry]) -> Postings:
    """Entries of one room, in order, as postings."""
    moves = [movement for entry in entries for movement in movements_of(entry)]
    holds = {hold.hold_id: hold for entry in entries for hold in entry.holds}
    made = {hold.hold_id for entry in entries if is_making(entry) for hold in entry.holds}
    pools = {pool.sale_id: pool for entry in entries for pool in entry.pools}
    created = {
        pool.sale_id for entry in entries if entry.kind is Outcome.CREATED for pool in entry.pools
    }
    archived = {
        pool.sale_id: entry.position
        for entry in entries
        if entry.kind is Outcome.ARCHIVED
        for pool in entry.pools
    }
    restocks = {entry.position: restock_of(entry) for entry in entries if entry.restock_id}
    last_words = list(holds.values()), made, list(pools.values()), created, archived
    return Postings(moves, *last_words, restocks)


def is_making(entry: Entry) -> bool:
    """Whether its holds begin with it."""
    transition = TRANSITIONS.get(entry.kind)
    return transition is not None and not transition.before


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


def restock_of(entry: Entry) -> Restock:
    """The restock that an entry tells of. Its id is remembered for as long as it is not refused as
    too old, whichever of the two clocks was ahead."""
    [pool] = entry.pools
    return Restock(
        restock_id=entry.restock_id,
        sale_id=pool.sale_id,
        units=entry.units,
        retained_from_ms=max(time_ms_of(entry.position), timestamp_ms(entry.restock_id)),
    )


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
    moved: dict[tuple[str, Account, Account], int] = {}  # few, however many movements there are
    for movement in movements:
        way = (movement.sale_id, movement.from_account, movement.to_account)
        moved[way] = moved.get(way, 0) + movement.units
    changes: dict[str, Counter[Account]] = {}
    for (sale_id, source, target), units in moved.items():
        change = changes.setdefault(sale_id, Counter())
        change[source] -= units
        change[target] += units
    return {sale_id: as_counters(change) for sale_id, change in changes.items()}


def as_counters(balances: dict[Account, int] | Counter[Account]) -> dict[str, int]:
    """Account balances as the counters of a pool; what came from supply is the total."""
    return {
        "total": -balances.get(Account.SUPPLY, 0),
        "available": balances.get(Account.AVAILABLE, 0),
        "held": balances.get(Account.HELD, 0),
        "sold": balances.get(Account.SOLD, 0),
    }


# The columns of the rows below, in their order; a hold's own fields have their names in SQL too.
_HOLD_COLUMNS = tuple(name for name in Hold.__struct_fields__ if name != "lines")
ORDER_COLUMNS = ("room_id", "amount_cents", *_HOLD_COLUMNS)
LINE_COLUMNS = ("room_id", "hold_id", *Line.__struct_fields__)
MOVEMENT_COLUMNS = ("room_id", *Movement.__struct_fields__)
RESTOCK_COLUMNS = ("room_id", "position", *Restock.__struct_fields__)

_of_hold = attrgetter(*(f"{name}.value" if name == "state" else name for name in _HOLD_COLUMNS))
_of_line = attrgetter(*Line.__struct_fields__)
_of_movement = attrgetter(*Movement.__struct_fields__)
_of_restock = attrgetter(*Restock.__struct_fields__)


# How far a hold has come in its life. It never goes back, and only a held one may stay held.
PROGRESS = {
    HoldState.WAITING: 0,
    HoldState.HELD: 1,
    HoldState.CANCELLED: 2,
    HoldState.EXPIRED: 2,
    HoldState.PAID: 3,
    HoldState.REFUND_DUE: 3,
    HoldState.REFUNDED: 4,
}


def goes_forward(column: str) -> str:
    """The SQL condition that an order's new state may follow on the one that is there."""
    held = f"'{HoldState.HELD.value}'"
    new, old = f"excluded.{column}", f"orders.{column}"
    extended = f"({new} = {held} AND {old} = {held})"
    return f"({_progress_of(new)} > {_progress_of(old)} OR {extended})"


def _progress_of(column: str) -> str:
    whens = " ".join(f"WHEN '{state.value}' THEN {at}" for state, at in PROGRESS.items())
    return f"(CASE {column} {whens} END)"


def order_rows(room_id: str, holds: list[Hold]) -> list[tuple[Any, ...]]:
    return [(room_id, hold.amount_cents, *_of_hold(hold)) for hold in holds]


def line_rows(room_id: str, holds: list[Hold]) -> list[tuple[Any, ...]]:
    return [(room_id, hold.hold_id, *_of_line(line)) for hold in holds for line in hold.lines]


def movement_rows(room_id: str, moves: list[Movement]) -> list[tuple[Any, ...]]:
    return [
        (room_id, position, sale_id, source.value, target.value, units, hold_id)
        for position, sale_id, source, target, units, hold_id in map(_of_movement, moves)
    ]


def restock_rows(room_id: str, restocks: dict[int, Restock]) -> list[tuple[Any, ...]]:
    return [(room_id, position, *_of_restock(each)) for position, each in restocks.items()]


def sale_row(room_id: str, pool: Pool) -> dict[str, Any]:
    """A sale's terms; its counters are left to the movements."""
    row = msgspec.structs.asdict(pool)
    for name in (*COUNTER_NAMES, "created_total", "waiting", "waiting_next", "waiting_end"):
        del row[name]
    return row | {"room_id": room_id}
