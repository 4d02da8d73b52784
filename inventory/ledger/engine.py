"""Opening the SQL database, and the two kinds of transaction: writing and reading.

SQLite runs in WAL mode with synchronous=FULL: a commit is on the disk before it is answered. The
driver's own idea of transactions is switched off; a transaction begins as BEGIN IMMEDIATE, so that
no writer reads first and then finds that it may not write. `reading` begins without that lock.

SQLite lets a writer that finds another at work sleep and look again, which costs many times the
commit itself. So the writers of one process take turns here, before they ask SQLite.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.schema import CreateColumn

from inventory.ledger.tables import metadata
from inventory.store import InventoryError

_BUSY_TIMEOUT_S = 5.0
_READS_ONLY = "kaibo_reads_only"
_TURN = "kaibo_turn"


class LedgerUnavailable(InventoryError):
    """The SQL database did not answer, or refused for now; nothing was committed."""


def open_engine(url: str) -> Engine:
    """The database at a SQLAlchemy URL, with all tables made if they are not there.

    Raises LedgerUnavailable.
    """
    is_sqlite = url.startswith("sqlite")
    arguments: dict[str, Any] = {"timeout": _BUSY_TIMEOUT_S} if is_sqlite else {}
    options = {_TURN: threading.Lock()} if is_sqlite else {}
    engine = create_engine(
        url, connect_args=arguments, pool_pre_ping=not is_sqlite, execution_options=options
    )
    if is_sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    with writing(engine) as connection:
        create_tables(connection, metadata)
    return engine


def create_tables(connection: Connection, tables: MetaData) -> None:
    """Makes the tables that are not there, and adds columns that are new to those that are."""
    tables.create_all(connection)
    looked = inspect(connection)
    for table in tables.sorted_tables:
        there = {column["name"] for column in looked.get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                specification = CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {specification}")


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reads_only = connection.get_execution_options().get(_READS_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end, rolled back by an exception.

    Raises LedgerUnavailable; constraint violations come as SQLAlchemy's IntegrityError.
    """
    with _unavailable_when_failing(), _in_turn(engine), engine.begin() as connection:
        yield connection


@contextmanager
def _in_turn(engine: Engine) -> Iterator[None]:
    """Alone among this process's writers, where the database would let them sleep for it."""
    turn: threading.Lock | None = engine.get_execution_options().get(_TURN)
    if turn is None:
        yield
        return
    if not turn.acquire(timeout=_BUSY_TIMEOUT_S):
        raise LedgerUnavailable("too many writes wait for the SQL ledger")
    try:
        yield
    finally:
        turn.release()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that sees one state of the database and writes nothing."""
    readers = engine.execution_options(**{_READS_ONLY: True})
    with _unavailable_when_failing(), readers.begin() as connection:
        yield connection


@contextmanager
def _unavailable_when_failing() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise LedgerUnavailable(f"the SQL ledger is not answering ({reason})") from error


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of the database."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def upsert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Inserts rows, or overwrites those whose primary key is there already."""
    if not rows:
        return
    statement = insert(connection, table)
    keys = [column.name for column in table.primary_key.columns]
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others), rows)
