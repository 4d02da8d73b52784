"""What Alembic runs to upgrade: the revisions, in the transaction of the connection it is given.

`inventory/ledger/migrating.py` calls it. All revisions of one run are one transaction, on SQLite
too, so a database is at the old schema or at the new one and never between.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
