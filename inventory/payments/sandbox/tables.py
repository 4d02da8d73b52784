"""The sandbox provider's own books: checkouts, refunds, and webhooks not yet delivered.

A step of a checkout and the webhooks that report it are written in one transaction, so a process
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
    Column("faults", LargeBinary),  # the switches, as JSON; NULL: nothing goes wrong
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

refunds = Table(
    "sandbox_refunds",
    metadata,
    Column("refund_id", words(64), primary_key=True),  # the asker's id
    Column("checkout_id", words(64), nullable=False),
    Column("state", words(16), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
)

# `event_id` names a delivery: copies of one event have several, and the event's own in the body.
webhooks = Table(
    "sandbox_webhooks",
    metadata,
    Column("event_id", words(100), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("state", words(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at_ms", BigInteger, nullable=False),
    Column("last_error", Text),
    Column("lost", Integer),  # the first attempts that get lost on the way
    Column("unheard", Integer),  # and those after them whose answer does
    Column("after_id", words(100)),  # not before that one is delivered or parked
)

Index("sandbox_webhooks_due", webhooks.c.state, webhooks.c.next_attempt_at_ms)
