"""Which schema a database has, and whether it is the one that this version works with.

The schema is what the revisions in `migrations/versions` made of it, one after the other;
`migrating.py` runs them. A table's definition in `tables.py` and the revision that brings it about
are changed together: a test compares the two on every database.
"""

from importlib.resources import files

from sqlalchemy import Connection, column, inspect, select, table

from inventory.store import InventoryError

VERSION_TABLE = "alembic_version"
FRESH = ""  # the revision of a database that has none of our revisions yet


class SchemaMismatch(InventoryError):
    """The database has another schema than this version needs; the message says what to do."""


def revisions() -> list[str]:
    """All revisions, the oldest first: `r0002_what_it_does.py` is revision 0002."""
    found = files("inventory.ledger").joinpath("migrations", "versions").iterdir()
    names = sorted(each.name for each in found if each.name.startswith("r"))
    return [name.removeprefix("r").partition("_")[0] for name in names]


def revision_of(connection: Connection) -> str:
    """The revision a database is at, or FRESH."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return FRESH
    versions = table(VERSION_TABLE, column("version_num"))
    return connection.execute(select(versions.c.version_num)).scalar() or FRESH


def missing(connection: Connection) -> list[str]:
    """The revisions a database still needs. Raises SchemaMismatch if it is ahead of us."""
    known, revision = revisions(), revision_of(connection)
    if revision == FRESH:
        return known
    if revision not in known:
        raise SchemaMismatch(
            f"the database is at revision {revision}, which only a newer version of Kaibo knows;"
            f" this one knows up to {known[-1]}"
        )
    return known[known.index(revision) + 1 :]


def require_current(connection: Connection) -> None:
    """Raises SchemaMismatch unless no revision is missing."""
    needed = missing(connection)
    if needed:
        revision = revision_of(connection)
        there = f"is at revision {revision}" if revision else "has no tables of Kaibo's yet"
        raise SchemaMismatch(
            f"the database {there}, and revision {needed[-1]} is needed: stop other servers on it,"
            " then run `kaibo migrate` with the same settings"
        )
