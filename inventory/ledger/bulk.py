"""Writing many rows of one table with one statement, in plain tuples.

The ledger writes thousands of rows a second, and SQLAlchemy's own work for each row costs more than
SQLite's. So the statement is text, made once from the table, and goes to the driver as it is:
SQLite is given row after row, PostgreSQL one array for each column.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Integer, String, Table

Row = tuple[Any, ...]

_ARRAYS = {BigInteger: "bigint[]", Integer: "integer[]", Boolean: "boolean[]", String: "text[]"}


class BulkInsert:
    """INSERT into `columns` of a table; `on_conflict` is the rest of the statement, in SQL."""

    def __init__(self, table: Table, columns: Sequence[str], on_conflict: str = "") -> None:
        into = f"INSERT INTO {table.name} ({', '.join(columns)})"
        marks = ", ".join("?" for _ in columns)
        arrays = ", ".join(f"%s::{_array_of(table, name)}" for name in columns)
        self._row_by_row = f"{into} VALUES ({marks}) {on_conflict}"
        # Only names of our own tables are put together here.
        self._by_columns = f"{into} SELECT * FROM unnest({arrays}) {on_conflict}"  # noqa: S608

    def __repr__(self) -> str:
        return f"<BulkInsert {self._row_by_row}>"

    def execute(self, connection: Connection, rows: list[Row]) -> None:
        """Rows in the order of `columns`; none is nothing to do."""
        if not rows:
            return
        if connection.dialect.name == "postgresql":
            by_columns = tuple(list(column) for column in zip(*rows, strict=True))
            connection.exec_driver_sql(self._by_columns, by_columns)
        else:
            connection.exec_driver_sql(self._row_by_row, rows)


def overwrite(table: Table, columns: Sequence[str]) -> str:
    """On conflict, take `columns` of the new row and leave the others."""
    keys = ", ".join(column.name for column in table.primary_key.columns)
    taken = ", ".join(f"{name} = excluded.{name}" for name in columns)
    return f"ON CONFLICT ({keys}) DO UPDATE SET {taken}"


def _array_of(table: Table, name: str) -> str:
    kind = table.c[name].type
    return next(array for base, array in _ARRAYS.items() if isinstance(kind, base))
