"""What SQL has of a room that Redis must have: for making Redis anew.

Every method raises LedgerUnavailable when SQL is away.
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Select, and_, func, or_, select

from inventory.entry import time_ms_of
from inventory.hold import LIVE_STATES, Hold
from inventory.ledger.engine import reading
from inventory.ledger.ledger import holds_of
from inventory.ledger.tables import (
    ledger_positions,
    movements,
    order_lines,
    orders,
    restocks,
    sales,
)
from inventory.pool import Pool, Restock

_LIVE = [state.value for state in LIVE_STATES]


class Restoring:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def pools(self, room_id: str) -> list[Pool]:
        """The room's sales that are not archived, by id, as SQL has heard of them; nobody waits."""
        query = select(sales).where(sales.c.room_id == room_id, sales.c.archived_position.is_(None))
        with reading(self._engine) as connection:
            created = _created_totals(connection, room_id)
            rows = connection.execute(query.order_by(sales.c.sale_id)).mappings()
            return [_pool(dict(row), created) for row in rows]

    def latest_ms(self, room_id: str) -> int:
        """The latest time that SQL has heard of in the room: a hold's, or an outbox entry's."""
        of_holds = select(
            func.max(orders.c.created_at_ms), func.max(orders.c.finished_at_ms)
        ).where(orders.c.room_id == room_id)
        of_entries = select(ledger_positions.c.position).where(
            ledger_positions.c.room_id == room_id
        )
        with reading(self._engine) as connection:
            position = connection.execute(of_entries).scalar() or 0
            times_ms = connection.execute(of_holds).one()
        return max(time_ms_of(position), *(each or 0 for each in times_ms))

    def holds(self, room_id: str, since_ms: int, after: str, limit: int) -> list[Hold]:
        """A page of holds by id: those that live, and those for which retention began at
        `since_ms` or later, when they or the last of their sales were over."""
        its_ends = (
            select(order_lines.c.hold_id)
            .join_from(
                order_lines,
                sales,
                and_(
                    sales.c.room_id == order_lines.c.room_id,
                    sales.c.sale_id == order_lines.c.sale_id,
                ),
            )
            .where(
                order_lines.c.room_id == orders.c.room_id,
                order_lines.c.hold_id == orders.c.hold_id,
                sales.c.archived_position.is_(None),
                sales.c.ends_at_ms >= since_ms,
            )
        )
        remembered = or_(
            orders.c.state.in_(_LIVE), orders.c.finished_at_ms >= since_ms, its_ends.exists()
        )
        page = (
            select(orders)
            .where(orders.c.room_id == room_id, orders.c.hold_id > after, remembered)
            .order_by(orders.c.hold_id)
            .limit(limit)
        )
        return self._holds(room_id, page)

    def restocks(self, room_id: str, since_ms: int, after: str, limit: int) -> list[Restock]:
        """A page of restocks by id: those for which retention began at `since_ms` or later."""
        page = (
            select(*(restocks.c[name] for name in Restock.__struct_fields__))
            .where(
                restocks.c.room_id == room_id,
                restocks.c.restock_id > after,
                restocks.c.retained_from_ms >= since_ms,
            )
            .order_by(restocks.c.restock_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [Restock(**row) for row in connection.execute(page).mappings()]

    def _holds(self, room_id: str, query: Select[Any]) -> list[Hold]:
        with reading(self._engine) as connection:
            return holds_of(connection, room_id, query)


def _created_totals(connection: Connection, room_id: str) -> dict[str, int]:
    """With how many units each sale began: its first movement, which is of no hold."""
    of_supply = and_(movements.c.room_id == room_id, movements.c.hold_id == "")
    first = (
        select(movements.c.sale_id, func.min(movements.c.position).label("position"))
        .where(of_supply)
        .group_by(movements.c.sale_id)
        .subquery()
    )
    query = select(movements.c.sale_id, movements.c.units).join_from(
        movements,
        first,
        and_(of_supply, movements.c.sale_id == first.c.sale_id)
        & (movements.c.position == first.c.position),
    )
    return {sale_id: int(units) for sale_id, units in connection.execute(query)}


def _pool(row: dict[str, Any], created: dict[str, int]) -> Pool:
    fields = {name: row[name] for name in Pool.__struct_fields__ if name in row}
    fields["paused"] = bool(fields["paused"])
    return msgspec.convert(fields | {"created_total": created[row["sale_id"]]}, Pool)
