"""Orders that waited for a unit, and orders that were paid back.

`offered`: a unit came back for who waited; NULL is no. `refund_id` names the refund.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    by_bytes = sa.String(128, collation="C")
    op.add_column("orders", sa.Column("offered", sa.Boolean))
    op.add_column(
        "orders", sa.Column("refund_id", sa.String(128).with_variant(by_bytes, "postgresql"))
    )
