"""Which checkout sessions were asked of Stripe for which hold.

A session is written down before it is asked for, with everything that it is asked with: whoever
asks again, after a crash or in another tab, sends the same under the same idempotency key and gets
the same session.
"""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table

from inventory.ledger.tables import words

metadata = MetaData()

sessions = Table(
    "stripe_sessions",
    metadata,
    Column("room_id", words(64), primary_key=True),
    Column("hold_id", words(64), primary_key=True),
    Column("attempt", Integer, primary_key=True),  # one more after one that came to nothing
    Column("wanted", LargeBinary, nullable=False),  # what Stripe was asked for, as JSON
    Column("session_id", words(128)),  # NULL: it is not known whether Stripe has heard
    Column("created_at_ms", BigInteger, nullable=False),
)
