"""Opening the SQL database, and the two kinds of transaction: writing and reading.

SQLite runs in WAL mode with synchronous=FULL: a commit is on the disk before it is answered. The
driver's own idea of transactions is switched off; a transaction begins as BEGIN IMMEDIATE, so that
no writer reads first and then finds that it may not write. `reading` begins without that lock.
SQLite lets a writer that finds another at work sleep and look again, which costs many times the
commit itself; so the writers of one process take turns here, before they ask SQLite.

On PostgreSQL a reader's transaction is REPEATABLE READ, so that it sees one state of the database,
as it does on SQLite. A writer's is READ COMMITTED: what two may change at once, each changes with a
statement that names what it replaces, or locks the row first.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from inventory.ledger.schema import missing, require_current
from inventory.store import InventoryError

CONNECTIONS_MAX = 16  # of one process to PostgreSQL; past that a transaction waits for one
_BUSY_TIMEOUT_S = 5.0
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "wal_autocheckpoint=4000",  # pages: a busy page goes to the file once in 16 MB, not in 4
    "cache_size=-16000",  # KB of a connection
)
_READS_ONLY = "kaibo_reads_only"
_TURN = "kaibo_turn"
_POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,  # ms; a server that vanished is noticed
    "options": f"-c lock_timeout={int(_BUSY_TIMEOUT_S * 1000)}",
}


class LedgerUnavailable(InventoryError):
    """The SQL database did not answer, or refused for now; nothing was committed."""


class UnknownDatabase(ValueError):
    """A URL of a kind of database that is not supported."""


def open_engine(url: str) -> Engine:
    """The database at a SQLAlchemy URL, with the schema of this version.

    A SQLite file is brought to it; a PostgreSQL database must be at it (`kaibo migrate`). Raises
    SchemaMismatch, LedgerUnavailable, UnknownDatabase.
    """
    engine = connect(url)
    if is_sqlite(engine):
        migrate_if_behind(engine)
    else:
        with reading(engine) as connection:
            require_current(connection)
    return engine


def connect(url: str) -> Engine:
    """The database whatever its schema is. Raises UnknownDatabase."""
    parsed = make_url(url)
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        turn = {_TURN: threading.Lock()}
        engine = create_engine(
            parsed, connect_args={"timeout": _BUSY_TIMEOUT_S}, execution_options=turn
        )
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if kind not in ("postgresql", "postgres"):
        raise UnknownDatabase(
            f"{kind} is not supported: use sqlite:////path/to/file or"
            " postgresql://user:password@host/database"
        )
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        connect_args=_POSTGRESQL,
        pool_pre_ping=True,
        pool_size=CONNECTIONS_MAX,
        max_overflow=0,
        pool_timeout=_BUSY_TIMEOUT_S,
    )


def is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


def migrate_if_behind(engine: Engine) -> list[str]:
    """Runs the revisions that are missing; returns them."""
    with reading(engine) as connection:
        if not missing(connection):
            return []
    from inventory.ledger.migrating import migrate  # noqa: PLC0415 - rare, and slow to import

    with writing(engine) as connection:
        return migrate(connection)


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself
    for pragma in _PRAGMAS:
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
    options: dict[str, Any] = {_READS_ONLY: True}
    if not is_sqlite(engine):
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _unavailable_when_failing(), engine.execution_options(**options).begin() as connection:
        yield connection


@contextmanager
def _unavailable_when_failing() -> Iterator[None]:
    """A missing table is an OperationalError to SQLite and a ProgrammingError to PostgreSQL, and
    a server that became a replica gives an InternalError: all of them may pass."""
    try:
        yield
    except (
        OperationalError,
        InterfaceError,
        InternalError,
        ProgrammingError,
        PoolTimeoutError,
    ) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        in_one_line = "; ".join(line.strip() for line in str(reason).splitlines())
        raise LedgerUnavailable(f"the SQL ledger is not answering ({in_one_line})") from error


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
