"""Writing postings into SQL: the statements of one ledger transaction.

The caller holds the transaction (`engine.writing`); these functions only execute in it.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Update, bindparam

from inventory.entry import Entry, UnreadableEntry
from inventory.ledger.engine import insert, upsert
from inventory.ledger.postings import (
    Postings,
    counter_changes,
    line_rows,
    movement_row,
    order_row,
    sale_row,
)
from inventory.ledger.tables import (
    ledger_positions,
    movements,
    order_lines,
    orders,
    parked,
    sales,
)
from inventory.pool import COUNTER_NAMES

UNREADABLE = "unreadable"  # the kind under which an entry is parked whose own is not known

_TERMS = tuple(
    column.name
    for column in sales.columns
    if column.name not in (*COUNTER_NAMES, "room_id", "sale_id", "archived_position")
)


def claim_position(connection: Connection, room_id: str) -> int:
    """The room's position, locked until the transaction ends: a second writer waits here."""
    statement = insert(connection, ledger_positions).values(room_id=room_id, position=0)
    claim = statement.on_conflict_do_update(
        index_elements=["room_id"], set_={"position": ledger_positions.c.position}
    ).returning(ledger_positions.c.position)
    return int(connection.execute(claim).scalar_one())


def set_position(connection: Connection, room_id: str, position: int) -> int:
    connection.execute(
        ledger_positions.update()
        .where(ledger_positions.c.room_id == room_id)
        .values(position=position)
    )
    return position


def post(connection: Connection, room_id: str, posted: Postings) -> None:
    """Writes sales, orders, lines and movements. Raises IntegrityError when the backstop holds."""
    _post_sales(connection, room_id, posted)
    upsert(connection, orders, [order_row(room_id, hold) for hold in posted.holds])
    lines = [row for hold in posted.holds for row in line_rows(room_id, hold)]
    if lines:
        connection.execute(insert(connection, order_lines).on_conflict_do_nothing(), lines)
    moves = [movement_row(room_id, movement) for movement in posted.movements]
    if moves:
        connection.execute(movements.insert(), moves)


def park(
    connection: Connection,
    room_id: str,
    entries: Sequence[Entry | UnreadableEntry],
    refusal: str | None = None,
) -> None:
    """Keeps entries that cannot be posted, with the refusal or with why they cannot be read."""
    rows = [_parked_row(room_id, entry, refusal) for entry in entries]
    if rows:
        connection.execute(parked.insert(), rows)


def _parked_row(
    room_id: str, entry: Entry | UnreadableEntry, refusal: str | None
) -> dict[str, Any]:
    row = {
        "room_id": room_id,
        "position": entry.position,
        "entry_json": msgspec.json.encode(entry),
    }
    if isinstance(entry, UnreadableEntry):
        return row | {"kind": UNREADABLE, "reason": entry.reason}
    return row | {"kind": entry.kind.value, "reason": refusal}


def _post_sales(connection: Connection, room_id: str, posted: Postings) -> None:
    """Terms are taken from the pools; counters change by what the movements say, nothing else."""
    if not posted.pools:
        return
    rows = [sale_row(room_id, pool) for pool in posted.pools]
    empty = dict.fromkeys(COUNTER_NAMES, 0)
    fresh = insert(connection, sales).on_conflict_do_nothing()
    connection.execute(fresh, [row | empty for row in rows])
    changes = counter_changes(posted.movements)
    parameters = [_named(row, changes.get(row["sale_id"], empty)) for row in rows]
    connection.execute(_SALE_UPDATE, parameters)
    for sale_id, position in posted.archived.items():
        its_row = (sales.c.room_id == room_id, sales.c.sale_id == sale_id)
        connection.execute(sales.update().where(*its_row).values(archived_position=position))


def _sale_update() -> Update:
    terms: dict[str, Any] = {name: bindparam(f"its_{name}") for name in _TERMS}
    counters: dict[str, Any] = {
        name: sales.c[name] + bindparam(f"add_{name}") for name in COUNTER_NAMES
    }
    return (
        sales.update()
        .where(
            sales.c.room_id == bindparam("its_room_id"),
            sales.c.sale_id == bindparam("its_sale_id"),
        )
        .values({**terms, **counters})
    )


_SALE_UPDATE = _sale_update()


def _named(row: dict[str, Any], change: dict[str, int]) -> dict[str, Any]:
    """A row's values under the names that `_SALE_UPDATE` binds."""
    terms = {f"its_{name}": value for name, value in row.items()}
    return terms | {f"add_{name}": units for name, units in change.items()}
