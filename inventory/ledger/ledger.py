"""The ledger: every hold it has seen, and every movement of units, by outbox position.

`apply` commits entries and the position up to which they go in one transaction. Whoever reads an
entry again, after a crash or beside another writer, finds the position there already and does
nothing: an effect exactly once, with no acknowledgement that could come too early.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, Select, func, select, tuple_
from sqlalchemy.exc import DataError, IntegrityError

from inventory.entry import Entry, UnreadableEntry
from inventory.hold import Hold, HoldState, Line
from inventory.ledger.engine import reading, writing
from inventory.ledger.journal import claim_position, park, post, set_position
from inventory.ledger.postings import Postings, fold
from inventory.ledger.salvage import is_known_restock, post_what_can_be
from inventory.ledger.statements import Statements
from inventory.ledger.tables import (
    ledger_positions,
    order_lines,
    orders,
    parked,
    sales,
)

T = TypeVar("T")
AnyEntry = Entry | UnreadableEntry

_IDS_PER_QUERY_MAX = 500  # SQLite takes 32,766 parameters, older ones 999


class Parked(msgspec.Struct, frozen=True):
    """An entry that could not be posted, and why: somebody must look.

    Either a constraint refused it (the backstop held), or it could not be read.
    """

    position: int
    kind: str
    reason: str


class PaidTotals(msgspec.Struct, frozen=True):
    """How many orders are paid, and what they come to."""

    count: int
    cents: int


class Ledger:
    """Reads and writes on one database. Every method raises LedgerUnavailable when it is away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.statements = Statements(engine)

    def apply(self, room_id: str, entries: Sequence[AnyEntry]) -> int:
        """Commits a room's entries that are new, in order; returns its position afterwards."""
        return self.apply_all({room_id: entries})[room_id]

    def apply_all(self, batches: Mapping[str, Sequence[AnyEntry]]) -> dict[str, int]:
        """Commits each room's entries that are new, in order; returns their positions afterwards.

        It is one transaction, unless SQL refuses something in it. That is looked for by halves and
        parked; all the rest is committed as if it had not been there.
        """
        try:
            return self._apply(batches)
        except (IntegrityError, DataError) as error:
            reason = str(error.orig)
        except (ValueError, OverflowError) as error:  # it can be read and yet makes no sense
            reason = str(error)
        rooms = [(room_id, entries) for room_id, entries in batches.items() if entries]
        if len(rooms) > 1:
            parts = [dict(half) for half in _halves(rooms)]
        else:
            [(room_id, entries)] = rooms
            if len(entries) == 1:
                return {room_id: self._park(room_id, entries[0], reason)}
            parts = [{room_id: half} for half in _halves(entries)]
        return {key: at for part in parts for key, at in self.apply_all(part).items()}

    def _apply(self, batches: Mapping[str, Sequence[AnyEntry]]) -> dict[str, int]:
        with writing(self._engine) as connection:
            positions: dict[str, int] = {}
            posted: dict[str, Postings] = {}
            for room_id in sorted(batches):  # one order, so that two writers never wait in a ring
                position = claim_position(connection, room_id)
                fresh = [entry for entry in batches[room_id] if entry.position > position]
                if fresh:
                    position = set_position(connection, room_id, fresh[-1].position)
                    posted[room_id] = fold([each for each in fresh if isinstance(each, Entry)])
                    park(connection, room_id, [e for e in fresh if isinstance(e, UnreadableEntry)])
                positions[room_id] = position
            post(connection, posted)
            return positions

    def _park(self, room_id: str, entry: AnyEntry, reason: str) -> int:
        with writing(self._engine) as connection:
            position = claim_position(connection, room_id)
            if entry.position <= position:
                return position
            rest = _refused(connection, room_id, entry)
            park(connection, room_id, rest, reason)
            return set_position(connection, room_id, entry.position)

    def positions(self) -> dict[str, int]:
        """The position of every room that has one."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(ledger_positions)).mappings()
            return {row["room_id"]: row["position"] for row in rows}

    def position(self, room_id: str) -> int:
        """The outbox position up to which the room is in SQL; 0 before the first entry."""
        query = select(ledger_positions.c.position).where(ledger_positions.c.room_id == room_id)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar() or 0

    def orders(self, room_id: str, limit: int, before: Hold | None = None) -> list[Hold]:
        """The room's newest holds, in any state; of those older than `before` if that is given."""
        return self._holds(room_id, limit, *_older_than(before))

    def orders_of(
        self, room_id: str, buyer_id: str, limit: int, before: Hold | None = None
    ) -> list[Hold]:
        """A buyer's newest holds in the room, in any state; `before` as in `orders`."""
        return self._holds(room_id, limit, orders.c.buyer_id == buyer_id, *_older_than(before))

    def paid_totals(self, room_id: str, buyer_id: str | None = None) -> PaidTotals:
        """Over all paid orders of the room, or of one buyer in it, however many there are."""
        query = select(func.count(), func.coalesce(func.sum(orders.c.amount_cents), 0)).where(
            orders.c.room_id == room_id, orders.c.state == HoldState.PAID.value
        )
        if buyer_id is not None:
            query = query.where(orders.c.buyer_id == buyer_id)
        with reading(self._engine) as connection:
            count, cents = connection.execute(query).one()
        return PaidTotals(count=int(count), cents=int(cents))

    def hold(self, room_id: str, hold_id: str) -> Hold | None:
        """One hold, however old."""
        found = self._holds(room_id, 1, orders.c.hold_id == hold_id)
        return found[0] if found else None

    def holds(self, room_id: str, hold_ids: Sequence[str]) -> dict[str, Hold]:
        """Those of the holds that the ledger has seen, by id; at most a few hundred ids."""
        query = select(orders).where(orders.c.room_id == room_id, orders.c.hold_id.in_(hold_ids))
        return {hold.hold_id: hold for hold in self._holds_by(room_id, query)}

    def knows_sale(self, room_id: str, sale_id: str) -> bool:
        """Whether the sale was ever created, as far as SQL has heard."""
        return self._has_sale(room_id, sales.c.sale_id == sale_id)

    def has_archived(self, room_id: str, sale_id: str) -> bool:
        """Whether the sale has left Redis because it was over for long, and not by a loss."""
        return self._has_sale(
            room_id, sales.c.sale_id == sale_id, sales.c.archived_position.is_not(None)
        )

    def has_sales(self, room_id: str) -> bool:
        """Whether the room has ever had a sale."""
        return self._has_sale(room_id)

    def _has_sale(self, room_id: str, *conditions: Any) -> bool:
        query = select(sales.c.sale_id).where(sales.c.room_id == room_id, *conditions).limit(1)
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None

    def _holds(self, room_id: str, limit: int, *conditions: Any) -> list[Hold]:
        newest = (
            select(orders)
            .where(orders.c.room_id == room_id, *conditions)
            .order_by(orders.c.created_at_ms.desc(), orders.c.hold_id.desc())
            .limit(limit)
        )
        return self._holds_by(room_id, newest)

    def _holds_by(self, room_id: str, query: Select[Any]) -> list[Hold]:
        with reading(self._engine) as connection:
            return holds_of(connection, room_id, query)

    def parked(self, room_id: str) -> list[Parked]:
        """Entries that could not be posted, in order."""
        query = (
            select(parked.c.position, parked.c.kind, parked.c.reason)
            .where(parked.c.room_id == room_id)
            .order_by(parked.c.position)
        )
        with reading(self._engine) as connection:
            return [Parked(*row) for row in connection.execute(query)]


def holds_of(connection: Connection, room_id: str, query: Select[Any]) -> list[Hold]:
    """The holds of a query for rows of `orders`, in its order."""
    rows = [dict(row) for row in connection.execute(query).mappings()]
    lines = _lines_by_hold(connection, room_id, [row["hold_id"] for row in rows])
    return [_hold(row, lines[row["hold_id"]]) for row in rows]


_HOLD_COLUMNS = [name for name in Hold.__struct_fields__ if name != "lines"]


def _refused(connection: Connection, room_id: str, entry: AnyEntry) -> list[AnyEntry]:
    """What is left of an entry that was refused, once all of it that can be posted is."""
    if isinstance(entry, UnreadableEntry):
        return [entry]
    if not entry.holds:
        return [] if is_known_restock(connection, room_id, entry) else [entry]
    holds = list(post_what_can_be(connection, room_id, entry))
    return [msgspec.structs.replace(entry, holds=holds)] if holds else []


def _halves(rows: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    middle = len(rows) // 2
    return rows[:middle], rows[middle:]


def _older_than(hold: Hold | None) -> list[Any]:
    if hold is None:
        return []
    order = tuple_(orders.c.created_at_ms, orders.c.hold_id)
    return [order < tuple_(hold.created_at_ms, hold.hold_id)]


def _hold(row: dict[str, Any], lines: list[Line]) -> Hold:
    fields = {name: row[name] for name in _HOLD_COLUMNS}
    state, offered = HoldState(fields.pop("state")), bool(fields.pop("offered"))
    return Hold(**fields, lines=lines, state=state, offered=offered)


def _lines_by_hold(
    connection: Connection, room_id: str, hold_ids: Sequence[str]
) -> dict[str, list[Line]]:
    lines: dict[str, list[Line]] = {hold_id: [] for hold_id in hold_ids}
    for start in range(0, len(hold_ids), _IDS_PER_QUERY_MAX):
        chunk = hold_ids[start : start + _IDS_PER_QUERY_MAX]
        query = (
            select(order_lines)
            .where(order_lines.c.room_id == room_id, order_lines.c.hold_id.in_(chunk))
            .order_by(order_lines.c.sale_id)
        )
        for row in connection.execute(query).mappings():
            fields = {name: row[name] for name in Line.__struct_fields__}
            lines[row["hold_id"]].append(Line(**fields))
    return lines
