"""Writing postings into SQL: the statements of one ledger transaction.

The caller holds the transaction (`engine.writing`); these functions only execute in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import Connection, Update, bindparam, text

from inventory.entry import Entry, UnreadableEntry
from inventory.ledger.bulk import BulkInsert, Row, overwrite
from inventory.ledger.engine import insert
from inventory.ledger.postings import (
    LINE_COLUMNS,
    MOVEMENT_COLUMNS,
    ORDER_COLUMNS,
    RESTOCK_COLUMNS,
    Postings,
    counter_changes,
    goes_forward,
    line_rows,
    movement_rows,
    order_rows,
    restock_rows,
    sale_row,
)
from inventory.ledger.tables import (
    movements,
    order_lines,
    orders,
    parked,
    restocks,
    sales,
)
from inventory.pool import COUNTER_NAMES

CONTRADICTS = "it contradicts what SQL knows of its hold"
UNREADABLE = "unreadable"  # the kind under which an entry is parked whose own is not known

_CLAIM = text(
    "INSERT INTO ledger_positions (room_id, position) VALUES (:room_id, 0)"
    " ON CONFLICT (room_id) DO UPDATE SET position = ledger_positions.position RETURNING position"
)
_SET_POSITION = text("UPDATE ledger_positions SET position = :position WHERE room_id = :room_id")

# What of an order never changes is not written again: two of its indexes are about it.
_FIXED = {"room_id", "hold_id", "buyer_id", "amount_cents", "created_at_ms"}
_CHANGING = [name for name in ORDER_COLUMNS if name not in _FIXED]
_NEW_ORDERS = BulkInsert(orders, ORDER_COLUMNS)
_ORDERS = BulkInsert(
    orders, ORDER_COLUMNS, f"{overwrite(orders, _CHANGING)} WHERE {goes_forward('state')}"
)
_LINES = BulkInsert(order_lines, LINE_COLUMNS, "ON CONFLICT DO NOTHING")
_MOVEMENTS = BulkInsert(movements, MOVEMENT_COLUMNS)
_RESTOCKS = BulkInsert(restocks, RESTOCK_COLUMNS)

_TERMS = tuple(
    column.name
    for column in sales.columns
    if column.name not in (*COUNTER_NAMES, "room_id", "sale_id", "archived_position")
)


def claim_position(connection: Connection, room_id: str) -> int:
    """The room's position, locked until the transaction ends: a second writer waits here."""
    return int(connection.execute(_CLAIM, {"room_id": room_id}).scalar_one())


def set_position(connection: Connection, room_id: str, position: int) -> int:
    connection.execute(_SET_POSITION, {"room_id": room_id, "position": position})
    return position


def post(connection: Connection, posted: Mapping[str, Postings]) -> None:
    """Writes each room's sales, orders, lines and movements; one statement for all rooms' rows.

    Raises IntegrityError when the backstop holds, and ValueError for what makes no sense.
    """
    _post_orders(connection, posted)
    for room_id, its in posted.items():
        _post_sales(connection, room_id, its)
    _LINES.execute(connection, _rows(line_rows(key, its.holds) for key, its in posted.items()))
    _RESTOCKS.execute(
        connection, _rows(restock_rows(key, its.restocks) for key, its in posted.items())
    )
    moves = _rows(movement_rows(key, its.movements) for key, its in posted.items())
    _MOVEMENTS.execute(connection, moves)


def _post_orders(connection: Connection, posted: Mapping[str, Postings]) -> None:
    """What is new must be new to SQL, and what changes must go forward from what SQL has."""
    new: list[Row] = []
    changed: list[Row] = []
    for room_id, its in posted.items():
        for hold, row in zip(its.holds, order_rows(room_id, its.holds), strict=True):
            (new if hold.hold_id in its.made else changed).append(row)
    _NEW_ORDERS.execute(connection, new)
    if _ORDERS.execute(connection, changed) < len(changed):
        raise ValueError(CONTRADICTS)


def _rows(of_rooms: Iterable[list[Row]]) -> list[Row]:
    return list(chain.from_iterable(of_rooms))


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
    fresh = [row | empty for row in rows if row["sale_id"] in posted.created]
    if fresh:
        connection.execute(insert(connection, sales).on_conflict_do_nothing(), fresh)
    changes = counter_changes(posted.movements)
    parameters = [_named(row, changes.get(row["sale_id"], empty)) for row in rows]
    if connection.execute(_SALE_UPDATE, parameters).rowcount < len(rows):
        raise ValueError("it is about a sale that SQL has not heard of")
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
