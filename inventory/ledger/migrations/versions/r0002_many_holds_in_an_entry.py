"""One outbox entry may move the units of many holds: a movement's key names its hold too.

A movement of supply has no hold; its `hold_id` is the empty text now, because a key has no NULL. On
SQLite the table becomes its own index (WITHOUT ROWID): a row is written once instead of twice.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.rename_table("movements", "movements_before")
    op.create_table(
        "movements",
        word("room_id", 64),
        sa.Column("position", sa.BigInteger, nullable=False),
        word("hold_id", 36),
        word("sale_id", 64),
        word("from_account", 16),
        word("to_account", 16),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(
            "room_id", "position", "hold_id", "sale_id", name="movements_by_position"
        ),
        sa.CheckConstraint("units > 0", name="a_movement_moves"),
        sa.CheckConstraint("from_account <> to_account", name="a_movement_has_two_accounts"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO movements"
        " (room_id, position, hold_id, sale_id, from_account, to_account, units)"
        " SELECT room_id, position, COALESCE(hold_id, ''), sale_id, from_account, to_account, units"
        " FROM movements_before ORDER BY room_id, position"
    )
    op.drop_table("movements_before")


def word(name: str, length: int) -> "sa.Column[str]":
    by_bytes = sa.String(length, collation="C")
    return sa.Column(name, sa.String(length).with_variant(by_bytes, "postgresql"), nullable=False)
