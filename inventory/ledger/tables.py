"""The tables of the ledger.

`movements` is the truth about units: a row per outbox entry, hold and sale, from one account to
another.
`sales` carries the sums, kept by the same transaction, under CHECK constraints that make an
oversell impossible to commit whatever the reservation engine did. Times are ms since 1970, money is
integer cents. `position` is an outbox entry's (see `inventory/entry.py`). If you change anything
here, also add the revision in `migrations/versions` that changes it in existing databases.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()


def words(length: int) -> "String":
    """Ids and words of ours; PostgreSQL compares them byte by byte, as SQLite and Python do."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


rooms = Table(
    "rooms",
    metadata,
    Column("room_id", words(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column("video_url", Text),
    Column("currency", words(3), nullable=False),
)

products = Table(
    "products",
    metadata,
    Column("room_id", words(64), nullable=False),
    Column("product_id", words(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("picture_url", Text),
    Column("list_price_cents", BigInteger, nullable=False),
    PrimaryKeyConstraint("room_id", "product_id"),
)

sales = Table(
    "sales",
    metadata,
    Column("room_id", words(64), nullable=False),
    Column("sale_id", words(64), nullable=False),
    Column("product_id", words(64), nullable=False),
    Column("price_cents", BigInteger, nullable=False),
    Column("per_buyer_max", Integer, nullable=False),
    Column("hold_duration_ms", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("available", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("sold", BigInteger, nullable=False),
    Column("starts_at_ms", BigInteger),
    Column("ends_at_ms", BigInteger),
    Column("paused", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("archived_position", BigInteger),  # where it left Redis; NULL while it is there
    PrimaryKeyConstraint("room_id", "sale_id"),
    CheckConstraint("available >= 0 AND held >= 0 AND sold >= 0", name="no_unit_is_owed"),
    CheckConstraint("total = available + held + sold", name="units_are_conserved"),
)

orders = Table(
    "orders",
    metadata,
    Column("room_id", words(64), nullable=False),
    Column("hold_id", words(36), nullable=False),
    Column("buyer_id", words(64), nullable=False),
    Column("state", words(16), nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("deadline_ms", BigInteger, nullable=False),
    Column("extended", Boolean, nullable=False),
    Column("finished_at_ms", BigInteger),
    Column("payment_id", words(128)),
    Column("paid_late", Boolean, nullable=False),
    Column("offered", Boolean),  # it waited; NULL is no
    Column("refund_id", words(128)),
    PrimaryKeyConstraint("room_id", "hold_id"),
    Index("orders_newest", "room_id", "created_at_ms"),
    Index("orders_of_buyer", "room_id", "buyer_id", "created_at_ms"),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("room_id", words(64), nullable=False),
    Column("hold_id", words(36), nullable=False),
    Column("sale_id", words(64), nullable=False),
    Column("product_id", words(64), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("price_cents", BigInteger, nullable=False),
    PrimaryKeyConstraint("room_id", "hold_id", "sale_id"),
    ForeignKeyConstraint(["room_id", "hold_id"], ["orders.room_id", "orders.hold_id"]),
    CheckConstraint("quantity > 0", name="a_line_has_units"),
)

movements = Table(
    "movements",
    metadata,
    Column("room_id", words(64), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("hold_id", words(36), nullable=False),  # empty where units come from or go to supply
    Column("sale_id", words(64), nullable=False),
    Column("from_account", words(16), nullable=False),
    Column("to_account", words(16), nullable=False),
    Column("units", BigInteger, nullable=False),
    PrimaryKeyConstraint("room_id", "position", "hold_id", "sale_id", name="movements_by_position"),
    CheckConstraint("units > 0", name="a_movement_moves"),
    CheckConstraint("from_account <> to_account", name="a_movement_has_two_accounts"),
    sqlite_with_rowid=False,
)

# What is under a restock's id: a second entry with the same id must have no effect. A row for each
# time that a host changed a sale's stock, kept like the movements.
restocks = Table(
    "restocks",
    metadata,
    Column("room_id", words(64), nullable=False),
    Column("restock_id", words(36), nullable=False),
    Column("sale_id", words(64), nullable=False),
    Column("units", BigInteger, nullable=False),  # negative: cut
    Column("position", BigInteger, nullable=False),
    Column("retained_from_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("room_id", "restock_id"),
)

ledger_positions = Table(
    "ledger_positions",
    metadata,
    Column("room_id", words(64), primary_key=True),
    Column("position", BigInteger, nullable=False),
)

parked = Table(
    "parked",
    metadata,
    Column("room_id", words(64), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("kind", words(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("entry_json", LargeBinary, nullable=False),
    PrimaryKeyConstraint("room_id", "position"),
)

payments = Table(
    "payments",
    metadata,
    Column("provider", words(32), nullable=False),
    Column("payment_id", words(128), nullable=False),
    Column("room_id", words(64), nullable=False),
    Column("hold_id", words(64), nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("currency", words(3)),  # NULL: written down before payments had one
    Column("received_at_ms", BigInteger, nullable=False),
    Column("outcome", words(32)),
    Column("settled_at_ms", BigInteger),
    Column("tries", Integer),  # how often settling it has failed
    Column("next_try_at_ms", BigInteger),
    Column("trouble", Text),  # why the latest try failed
    PrimaryKeyConstraint("provider", "payment_id"),
    Index("payments_unsettled", "outcome", "received_at_ms"),
    Index("payments_of_hold", "room_id", "hold_id"),
)

refunds = Table(
    "refunds",
    metadata,
    Column("refund_id", words(64), primary_key=True),
    Column("provider", words(32), nullable=False),
    Column("payment_id", words(128), nullable=False),
    Column("room_id", words(64), nullable=False),
    Column("hold_id", words(64), nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("currency", words(3)),
    Column("reason", words(32), nullable=False),
    Column("restock", Boolean, nullable=False),
    Column("state", words(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("next_try_at_ms", BigInteger, nullable=False),
    Column("requested_at_ms", BigInteger, nullable=False),
    Column("finished_at_ms", BigInteger),
    Column("reference", words(128)),  # the provider's own name of it
    Column("trouble", Text),
    # A payment goes back once, as a whole.
    UniqueConstraint("provider", "payment_id", name="a_payment_goes_back_once"),
    CheckConstraint("amount_cents >= 0", name="a_refund_is_not_negative"),
    Index("refunds_waiting", "state", "next_try_at_ms"),
    Index("refunds_of_hold", "room_id", "hold_id"),
)
