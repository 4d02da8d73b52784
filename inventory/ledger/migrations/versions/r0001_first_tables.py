"""The tables of version 0.1.

Databases of 0.1 were made without revisions: they have these tables, and perhaps not yet the three
columns that came later. So this revision makes only what is missing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BigInteger, Boolean, Integer, Text = sa.BigInteger, sa.Boolean, sa.Integer, sa.Text
LATER_COLUMNS = (
    ("sales", "archived_position"),
    ("payments", "tried_at_ms"),
    ("sandbox_checkouts", "deadline_ms"),
)


def upgrade() -> None:
    make_catalogue()
    make_orders()
    make_journal()
    make_payments()
    make_sandbox()
    add_later_columns()


def word(name: str, length: int, *, nullable: bool = False) -> "sa.Column[str]":
    """A column of ids or words; PostgreSQL compares them byte by byte, as SQLite does."""
    by_bytes = sa.String(length, collation="C")
    kind = sa.String(length).with_variant(by_bytes, "postgresql")
    return sa.Column(name, kind, nullable=nullable)


def number(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, BigInteger, nullable=nullable)


def table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(name, *parts, if_not_exists=True)


def index(name: str, table_name: str, *columns: str) -> None:
    op.create_index(name, table_name, list(columns), if_not_exists=True)


def make_catalogue() -> None:
    table(
        "rooms",
        word("room_id", 64),
        sa.Column("title", Text, nullable=False),
        sa.Column("video_url", Text),
        word("currency", 3),
        sa.PrimaryKeyConstraint("room_id"),
    )
    table(
        "products",
        word("room_id", 64),
        word("product_id", 64),
        sa.Column("title", Text, nullable=False),
        sa.Column("picture_url", Text),
        number("list_price_cents"),
        sa.PrimaryKeyConstraint("room_id", "product_id"),
    )
    table(
        "sales",
        word("room_id", 64),
        word("sale_id", 64),
        word("product_id", 64),
        number("price_cents"),
        sa.Column("per_buyer_max", Integer, nullable=False),
        number("hold_duration_ms"),
        number("total"),
        number("available"),
        number("held"),
        number("sold"),
        number("starts_at_ms", nullable=True),
        number("ends_at_ms", nullable=True),
        sa.Column("paused", Boolean, nullable=False),
        number("version"),
        number("archived_position", nullable=True),
        sa.PrimaryKeyConstraint("room_id", "sale_id"),
        sa.CheckConstraint("available >= 0 AND held >= 0 AND sold >= 0", name="no_unit_is_owed"),
        sa.CheckConstraint("total = available + held + sold", name="units_are_conserved"),
    )


def make_orders() -> None:
    table(
        "orders",
        word("room_id", 64),
        word("hold_id", 36),
        word("buyer_id", 64),
        word("state", 16),
        number("amount_cents"),
        number("created_at_ms"),
        number("deadline_ms"),
        sa.Column("extended", Boolean, nullable=False),
        number("finished_at_ms", nullable=True),
        word("payment_id", 128, nullable=True),
        sa.Column("paid_late", Boolean, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "hold_id"),
    )
    index("orders_newest", "orders", "room_id", "created_at_ms")
    index("orders_of_buyer", "orders", "room_id", "buyer_id", "created_at_ms")
    table(
        "order_lines",
        word("room_id", 64),
        word("hold_id", 36),
        word("sale_id", 64),
        word("product_id", 64),
        sa.Column("quantity", Integer, nullable=False),
        number("price_cents"),
        sa.PrimaryKeyConstraint("room_id", "hold_id", "sale_id"),
        sa.ForeignKeyConstraint(["room_id", "hold_id"], ["orders.room_id", "orders.hold_id"]),
        sa.CheckConstraint("quantity > 0", name="a_line_has_units"),
    )


def make_journal() -> None:
    table(
        "movements",
        word("room_id", 64),
        number("position"),
        word("sale_id", 64),
        word("from_account", 16),
        word("to_account", 16),
        number("units"),
        word("hold_id", 36, nullable=True),
        sa.PrimaryKeyConstraint("room_id", "position", "sale_id"),
        sa.CheckConstraint("units > 0", name="a_movement_moves"),
        sa.CheckConstraint("from_account <> to_account", name="a_movement_has_two_accounts"),
    )
    table(
        "ledger_positions",
        word("room_id", 64),
        number("position"),
        sa.PrimaryKeyConstraint("room_id"),
    )
    table(
        "parked",
        word("room_id", 64),
        number("position"),
        word("kind", 32),
        sa.Column("reason", Text, nullable=False),
        sa.Column("entry_json", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "position"),
    )


def make_payments() -> None:
    table(
        "payments",
        word("provider", 32),
        word("payment_id", 128),
        word("room_id", 64),
        word("hold_id", 64),
        number("amount_cents"),
        number("received_at_ms"),
        word("outcome", 32, nullable=True),
        number("settled_at_ms", nullable=True),
        number("tried_at_ms", nullable=True),
        sa.PrimaryKeyConstraint("provider", "payment_id"),
    )
    index("payments_unsettled", "payments", "outcome", "received_at_ms")
    index("payments_of_hold", "payments", "room_id", "hold_id")


def make_sandbox() -> None:
    table(
        "sandbox_checkouts",
        word("checkout_id", 64),
        word("room_id", 64),
        word("hold_id", 64),
        word("buyer_id", 64),
        number("amount_cents"),
        word("currency", 3),
        sa.Column("description", Text, nullable=False),
        sa.Column("return_url", Text, nullable=False),
        number("deadline_ms", nullable=True),
        word("state", 16),
        number("created_at_ms"),
        number("finished_at_ms", nullable=True),
        sa.PrimaryKeyConstraint("checkout_id"),
        sa.CheckConstraint("amount_cents >= 0", name="sandbox_amount_not_negative"),
    )
    is_live = sa.text("state <> 'declined'")
    op.create_index(
        "sandbox_one_live_checkout_per_hold",
        "sandbox_checkouts",
        ["room_id", "hold_id"],
        unique=True,
        sqlite_where=is_live,
        postgresql_where=is_live,
        if_not_exists=True,
    )
    table(
        "sandbox_webhooks",
        word("event_id", 100),
        sa.Column("body", sa.LargeBinary, nullable=False),
        word("state", 16),
        sa.Column("attempts", Integer, nullable=False),
        number("next_attempt_at_ms"),
        sa.Column("last_error", Text),
        sa.PrimaryKeyConstraint("event_id"),
    )
    index("sandbox_webhooks_due", "sandbox_webhooks", "state", "next_attempt_at_ms")


def add_later_columns() -> None:
    looked = sa.inspect(op.get_bind())
    for table_name, column_name in LATER_COLUMNS:
        there = {column["name"] for column in looked.get_columns(table_name)}
        if column_name not in there:
            op.add_column(table_name, number(column_name, nullable=True))
