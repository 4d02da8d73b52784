"""Bringing a database to the schema of this version, by Alembic's revisions.

All that is missing runs in one transaction of the caller's. Two that start it at once follow each
other: SQLite's writers do anyway, and PostgreSQL has a lock for it.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from inventory.ledger.schema import missing

_LOCK = 0x6B6169626F  # "kaibo": the advisory lock of whoever changes the schema
_FOLDER = str(Path(__file__).parent / "migrations").replace("%", "%%")  # as an ini file has it


def migrate(connection: Connection) -> list[str]:
    """Runs the revisions that are missing; returns them. Raises SchemaMismatch."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    needed = missing(connection)
    if needed:
        config = Config()
        config.set_main_option("script_location", _FOLDER)
        config.attributes["connection"] = connection
        command.upgrade(config, needed[-1])
    return needed
