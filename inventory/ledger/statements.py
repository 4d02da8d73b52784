"""What SQL says of a whole room, as of an outbox position where that matters: for the audit.

Movements are never changed, so their sums up to a position are the same whenever they are asked
for; a busy room can be compared with Redis exactly. Every method raises LedgerUnavailable.
"""

from collections.abc import Collection

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, case, func, or_, select

from inventory.hold import LIVE_STATES, HoldState
from inventory.ledger import postings
from inventory.ledger.engine import reading
from inventory.ledger.tables import movements, order_lines, orders, sales
from inventory.pool import COUNTER_NAMES, Account

Counters = dict[str, int]  # by COUNTER_NAMES

_POSITION_MAX = 2**63 - 1
_GIVEN_BACK = (Account.AVAILABLE.value, Account.SUPPLY.value)
_AVAILABLE = Account.AVAILABLE.value
_BOUGHT = {HoldState.HELD: "held", HoldState.PAID: "sold"}


class Balances(msgspec.Struct, frozen=True):
    """Each sale's counters now, by three ways that must lead to the same."""

    summed: dict[str, Counters]  # from the movements
    carried: dict[str, Counters]  # as `sales` has them
    ordered: dict[str, Counters]  # from the orders; only `held` and `sold`


class Statements:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def counters_at(self, room_id: str, position: int) -> dict[str, Counters]:
        """Each sale's counters as they were after `position`, summed from the movements."""
        with reading(self._engine) as connection:
            return _summed(connection, room_id, position)

    def balances(self, room_id: str) -> Balances:
        with reading(self._engine) as connection:
            return Balances(
                _summed(connection, room_id, _POSITION_MAX),
                _carried(connection, room_id),
                _ordered(connection, room_id),
            )

    def sales_of(self, room_id: str) -> set[str]:
        """The sales that Redis must have: all that SQL has heard of and that are not archived."""
        query = select(sales.c.sale_id).where(
            sales.c.room_id == room_id, sales.c.archived_position.is_(None)
        )
        with reading(self._engine) as connection:
            return set(connection.execute(query).scalars())

    def archived_at(self, room_id: str, position: int) -> set[str]:
        """The sales that had left Redis after `position`."""
        query = select(sales.c.sale_id).where(
            sales.c.room_id == room_id, sales.c.archived_position <= position
        )
        with reading(self._engine) as connection:
            return set(connection.execute(query).scalars())

    def bought_at(
        self, room_id: str, position: int, buyers: Collection[str] | None = None
    ) -> dict[str, int]:
        """Units by "sale_id:buyer_id" that buyers held and had bought after `position`.

        Of all buyers, or of at most a few hundred named ones.
        """
        units = case(
            (movements.c.from_account == _AVAILABLE, movements.c.units),
            (movements.c.to_account.in_(_GIVEN_BACK), -movements.c.units),
            else_=0,
        )
        query = (
            select(movements.c.sale_id, orders.c.buyer_id, func.sum(units))
            .join_from(movements, orders, _same_hold(movements))
            .where(movements.c.room_id == room_id, movements.c.position <= position)
            .group_by(movements.c.sale_id, orders.c.buyer_id)
            .having(func.sum(units) != 0)
        )
        if buyers is not None:
            query = query.where(orders.c.buyer_id.in_(buyers))
        with reading(self._engine) as connection:
            rows = connection.execute(query)
            return {f"{sale_id}:{buyer_id}": int(bought) for sale_id, buyer_id, bought in rows}

    def remembered(
        self, room_id: str, since_ms: int, until_ms: int, after: str, limit: int
    ) -> list[str]:
        """A page of ids, in order: holds made until `until_ms` that live, or have finished at
        `since_ms` or later."""
        query = (
            select(orders.c.hold_id)
            .where(
                orders.c.room_id == room_id,
                orders.c.hold_id > after,
                orders.c.created_at_ms <= until_ms,
                or_(
                    orders.c.state.in_([state.value for state in LIVE_STATES]),
                    orders.c.finished_at_ms >= since_ms,
                ),
            )
            .order_by(orders.c.hold_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def must_be_known(self, room_id: str, hold_id: str, since_ms: int) -> bool:
        """Whether Redis must know this order: a sale of it is not archived, and it, or the order,
        is not over or was not by `since_ms`."""
        over_ms = (orders.c.finished_at_ms, sales.c.ends_at_ms)
        query = (
            select(orders.c.hold_id)
            .join_from(orders, order_lines, _same_hold(order_lines))
            .join(sales, _same_sale)
            .where(
                orders.c.room_id == room_id,
                orders.c.hold_id == hold_id,
                sales.c.archived_position.is_(None),
                or_(*(or_(each.is_(None), each >= since_ms) for each in over_ms)),
            )
            .limit(1)
        )
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None


_same_sale = and_(
    sales.c.room_id == order_lines.c.room_id, sales.c.sale_id == order_lines.c.sale_id
)


def _same_hold(table: Table) -> ColumnElement[bool]:
    return and_(orders.c.room_id == table.c.room_id, orders.c.hold_id == table.c.hold_id)


def _summed(connection: Connection, room_id: str, position: int) -> dict[str, Counters]:
    balances: dict[str, dict[Account, int]] = {}
    for column, sign in ((movements.c.from_account, -1), (movements.c.to_account, 1)):
        query = (
            select(movements.c.sale_id, column, func.sum(movements.c.units))
            .where(movements.c.room_id == room_id, movements.c.position <= position)
            .group_by(movements.c.sale_id, column)
        )
        for sale_id, name, units in connection.execute(query):
            balance = balances.setdefault(sale_id, {})
            account = Account(name)
            balance[account] = balance.get(account, 0) + sign * int(units)
    return {sale_id: postings.as_counters(balance) for sale_id, balance in balances.items()}


def _carried(connection: Connection, room_id: str) -> dict[str, Counters]:
    query = select(sales).where(sales.c.room_id == room_id)
    rows = connection.execute(query).mappings()
    return {row["sale_id"]: {name: row[name] for name in COUNTER_NAMES} for row in rows}


def _ordered(connection: Connection, room_id: str) -> dict[str, Counters]:
    query = (
        select(order_lines.c.sale_id, orders.c.state, func.sum(order_lines.c.quantity))
        .join_from(order_lines, orders, _same_hold(order_lines))
        .where(order_lines.c.room_id == room_id, orders.c.state.in_(_BOUGHT))
        .group_by(order_lines.c.sale_id, orders.c.state)
    )
    ordered: dict[str, Counters] = {}
    for sale_id, state, units in connection.execute(query):
        its_counters = ordered.setdefault(sale_id, {"held": 0, "sold": 0})
        its_counters[_BOUGHT[HoldState(state)]] = int(units)
    return ordered
