"""The schema: what the revisions make is what the code says, from whatever state they begin."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, Inspector, inspect, text
from sqlalchemy.engine.interfaces import ReflectedIndex

from inventory.entry import UnreadableEntry
from inventory.ledger import tables
from inventory.ledger.engine import (
    LedgerUnavailable,
    UnknownDatabase,
    connect,
    is_sqlite,
    migrate_if_behind,
    open_engine,
    reading,
    writing,
)
from inventory.ledger.ledger import Ledger
from inventory.ledger.schema import SchemaMismatch, revision_of, revisions
from inventory.payments.sandbox import tables as sandbox_tables
from inventory.payments.stripe import tables as stripe_tables
from tests.postgres import PostgresServer

OLD = Path(__file__).with_name("schema_0_1.sql")
LATER_COLUMNS = (
    ("sales", "archived_position"),
    ("payments", "tried_at_ms"),
    ("sandbox_checkouts", "deadline_ms"),
)
Schema = dict[str, dict[str, object]]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without a table."""
    if request.param == "sqlite":
        engine = connect(f"sqlite:///{tmp_path / 'empty.db'}")
        yield engine
        engine.dispose()
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    url = postgres.new_database(template="template0")
    engine = connect(url)
    yield engine
    engine.dispose()
    postgres.drop(url)


@pytest.fixture
def old_path(tmp_path: Path) -> Path:
    """A SQLite file of version 0.1."""
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(OLD.read_text())
    connection.close()
    return path


def schema_of(engine: Engine) -> Schema:
    """Everything that the database itself says of each table."""
    looked = inspect(engine)
    names = set(looked.get_table_names()) - {"alembic_version"}
    described = {name: _described(looked, name) for name in names}
    if is_sqlite(engine):
        with reading(engine) as connection:
            for row in connection.execute(text("PRAGMA table_list")).mappings():
                if row["name"] in described:
                    described[row["name"]]["without rowid"] = row["wr"]
    return described


def _described(looked: Inspector, name: str) -> dict[str, object]:
    columns = {
        column["name"]: (str(column["type"]), column["nullable"], column["default"])
        for column in looked.get_columns(name)
    }
    return {
        "columns": columns,
        "key": looked.get_pk_constraint(name)["constrained_columns"],
        "foreign keys": looked.get_foreign_keys(name),
        "checks": sorted(map(str, looked.get_check_constraints(name))),
        "indexes": sorted(map(_index, looked.get_indexes(name))),
    }


def _index(found: ReflectedIndex) -> str:
    options = {name: str(value) for name, value in found.get("dialect_options", {}).items()}
    return str((found["name"], found["column_names"], found["unique"], options))


def made_at_once(engine: Engine) -> Schema:
    """The schema of the tables as the code defines them."""
    with writing(engine) as connection:
        tables.metadata.create_all(connection)
        sandbox_tables.metadata.create_all(connection)
        stripe_tables.metadata.create_all(connection)
    return schema_of(engine)


@pytest.fixture
def wanted(tmp_path: Path) -> Schema:
    """What a SQLite file must look like."""
    engine = connect(f"sqlite:///{tmp_path / 'wanted.db'}")
    wanted = made_at_once(engine)
    engine.dispose()
    return wanted


def test_the_revisions_make_the_tables_that_the_code_defines(empty: Engine) -> None:
    defined = made_at_once(empty)
    with writing(empty) as connection:
        for metadata in (stripe_tables.metadata, sandbox_tables.metadata, tables.metadata):
            metadata.drop_all(connection)
    migrate_if_behind(empty)
    assert schema_of(empty) == defined


def test_a_file_of_version_0_1_keeps_its_records(old_path: Path, wanted: Schema) -> None:
    engine = open_engine(f"sqlite:///{old_path}")
    assert schema_of(engine) == wanted
    ledger = Ledger(engine)
    balances = ledger.statements.balances("tea-room")
    counts = {"total": 10, "available": 8, "held": 2, "sold": 0}
    assert balances.summed == balances.carried == {"flash": counts}
    assert ledger.statements.bought_at("tea-room", 5_000_001) == {"flash:ann": 2}
    [order] = ledger.orders("tea-room", 10)
    assert (order.buyer_id, order.amount_cents) == ("ann", 1980)
    engine.dispose()


def test_a_file_that_lacks_the_later_columns_of_0_1_gets_them(
    old_path: Path, wanted: Schema
) -> None:
    with sqlite3.connect(old_path) as connection:
        for table, column in LATER_COLUMNS:
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    connection.close()
    engine = open_engine(f"sqlite:///{old_path}")
    assert schema_of(engine) == wanted  # the order of columns does not matter
    assert Ledger(engine).statements.archived_at("tea-room", 1) == set()
    engine.dispose()


def test_a_database_is_brought_up_once(empty: Engine) -> None:
    assert migrate_if_behind(empty) == revisions()
    assert migrate_if_behind(empty) == []
    with reading(empty) as connection:
        assert revision_of(connection) == revisions()[-1]


def test_four_that_migrate_at_once_do_it_once(empty: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: migrate_if_behind(empty), range(4)))
    assert sorted(done) == [[], [], [], revisions()]


def test_a_revision_that_fails_leaves_everything_as_it_was(empty: Engine) -> None:
    with writing(empty) as connection:
        connection.execute(text("CREATE TABLE movements_before (stands_in_the_way INTEGER)"))
    with pytest.raises(LedgerUnavailable):
        migrate_if_behind(empty)
    assert set(schema_of(empty)) == {"movements_before"}
    with writing(empty) as connection:
        connection.execute(text("DROP TABLE movements_before"))
    assert migrate_if_behind(empty) == revisions()


def test_postgresql_that_is_behind_is_refused_and_the_command_named(
    postgres: PostgresServer,
) -> None:
    url = postgres.new_database(template="template0")
    with pytest.raises(SchemaMismatch, match=r"no tables of Kaibo's yet.*`kaibo migrate`"):
        open_engine(url)
    engine = connect(url)
    migrate_if_behind(engine)
    open_engine(url).dispose()
    _set_revision(engine, revisions()[0])
    with pytest.raises(SchemaMismatch, match=f"at revision 0001.*{revisions()[-1]} is needed"):
        open_engine(url)
    engine.dispose()
    postgres.drop(url)


def test_a_database_of_a_newer_version_is_refused(database_url: str) -> None:
    engine = open_engine(database_url)
    _set_revision(engine, "9999")
    engine.dispose()
    with pytest.raises(SchemaMismatch, match="9999, which only a newer version of Kaibo knows"):
        open_engine(database_url)


def _set_revision(engine: Engine, revision: str) -> None:
    with writing(engine) as connection:
        connection.execute(
            text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
        )


def test_sqlite_is_durable_by_its_settings(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'kaibo.db'}")
    with reading(engine) as connection:
        mode = connection.execute(text("PRAGMA journal_mode")).scalar()
        synchronous = connection.execute(text("PRAGMA synchronous")).scalar()
        foreign_keys = connection.execute(text("PRAGMA foreign_keys")).scalar()
    assert (mode, synchronous, foreign_keys) == ("wal", 2, 1)


def test_a_reader_sees_one_state_of_the_database(engine: Engine) -> None:
    ledger = Ledger(engine)
    unreadable = UnreadableEntry(
        room_id="room", stream_id="0-7", position=7, reason="a test", fields={}
    )
    with reading(engine) as connection:
        count = text("SELECT COUNT(*) FROM ledger_positions")
        assert connection.execute(count).scalar() == 0
        assert ledger.apply("room", [unreadable]) == 7
        assert connection.execute(count).scalar() == 0
    assert ledger.position("room") == 7


def test_a_database_that_cannot_be_opened_says_so() -> None:
    with pytest.raises(LedgerUnavailable, match="unable to open"):
        open_engine("sqlite:////no/such/folder/kaibo.db")
    with pytest.raises(LedgerUnavailable, match=r"No such file|refused"):
        open_engine("postgresql://kaibo@/kaibo?host=/no/such/folder")
    with pytest.raises(UnknownDatabase, match="mysql is not supported"):
        open_engine("mysql://kaibo@localhost/kaibo")
