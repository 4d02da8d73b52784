"""The ids of restocks, so that one that is repeated counts once though Redis was lost.

Outbox entries of before did not tell them, so nothing is known of restocks that SQL has already.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "restocks",
        word("room_id", 64),
        word("restock_id", 36),
        word("sale_id", 64),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("retained_from_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "restock_id"),
    )


def word(name: str, length: int) -> "sa.Column[str]":
    by_bytes = sa.String(length, collation="C")
    return sa.Column(name, sa.String(length).with_variant(by_bytes, "postgresql"), nullable=False)
