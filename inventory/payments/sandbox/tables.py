"""The sandbox provider's own books: checkouts, and webhooks not yet delivered.

A checkout's step and the webhook that reports it are written in one transaction, so a process
killed at any moment has either done both or neither, and finds the rest of its work here again.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

from inventory.ledger.tables import words

metadata = MetaData()

checkouts = Table(
    "sandbox_checkouts",
    metadata,
    Column("checkout_id", words(64), primary_key=True),
    Column("room_id", words(64), nullable=False),
    Column("hold_id", words(64), nullable=False),
    Column("buyer_id", words(64), nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("currency", words(3), nullable=False),
    Column("description", Text, nullable=False),
    Column("return_url", Text, nullable=False),
    Column("deadline_ms", BigInteger),
    Column("state", words(16), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("finished_at_ms", BigInteger),
    CheckConstraint("amount_cents >= 0", name="sandbox_amount_not_negative"),
)

# One checkout of a hold is open or paid; a declined one makes room for another try.
IS_LIVE = text("state <> 'declined'")
Index(
    "sandbox_one_live_checkout_per_hold",
    checkouts.c.room_id,
    checkouts.c.hold_id,
    unique=True,
    sqlite_where=IS_LIVE,
    postgresql_where=IS_LIVE,
)

webhooks = Table(
    "sandbox_webhooks",
    metadata,
    Column("event_id", words(100), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("state", words(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at_ms", BigInteger, nullable=False),
    Column("last_error", Text),
)

Index("sandbox_webhooks_due", webhooks.c.state, webhooks.c.next_attempt_at_ms)
