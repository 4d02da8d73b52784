"""Payments have a currency and say why they wait; money that must go back has a refund.

Payments of before that were found to be due back get their refund here. The sandbox remembers its
refunds and its switches; Stripe's checkout sessions have a table.
"""

import hashlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

BigInteger, Integer, Text = sa.BigInteger, sa.Integer, sa.Text
DUE_BACK = ("REFUND_DUE", "SECOND_PAYMENT", "ORPHAN")


def upgrade() -> None:
    op.add_column("payments", word("currency", 3, nullable=True))
    op.add_column("payments", sa.Column("tries", Integer))
    op.add_column("payments", sa.Column("next_try_at_ms", BigInteger))
    op.add_column("payments", sa.Column("trouble", Text))
    op.drop_column("payments", "tried_at_ms")
    make_refunds()
    op.add_column("sandbox_checkouts", sa.Column("faults", sa.LargeBinary))
    op.add_column("sandbox_webhooks", sa.Column("lost", Integer))
    op.add_column("sandbox_webhooks", sa.Column("unheard", Integer))
    op.add_column("sandbox_webhooks", word("after_id", 100, nullable=True))
    make_providers_own()


def word(name: str, length: int, *, nullable: bool = False) -> "sa.Column[str]":
    by_bytes = sa.String(length, collation="C")
    kind = sa.String(length).with_variant(by_bytes, "postgresql")
    return sa.Column(name, kind, nullable=nullable)


def number(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, BigInteger, nullable=nullable)


def make_refunds() -> None:
    refunds = op.create_table(
        "refunds",
        word("refund_id", 64),
        word("provider", 32),
        word("payment_id", 128),
        word("room_id", 64),
        word("hold_id", 64),
        number("amount_cents"),
        word("currency", 3, nullable=True),
        word("reason", 32),
        sa.Column("restock", sa.Boolean, nullable=False),
        word("state", 16),
        sa.Column("attempts", Integer, nullable=False),
        sa.Column("round", Integer, nullable=False),
        number("next_try_at_ms"),
        number("requested_at_ms"),
        number("finished_at_ms", nullable=True),
        word("reference", 128, nullable=True),
        sa.Column("trouble", Text),
        sa.PrimaryKeyConstraint("refund_id"),
        sa.UniqueConstraint("provider", "payment_id", name="a_payment_goes_back_once"),
        sa.CheckConstraint("amount_cents >= 0", name="a_refund_is_not_negative"),
    )
    op.create_index("refunds_waiting", "refunds", ["state", "next_try_at_ms"])
    op.create_index("refunds_of_hold", "refunds", ["room_id", "hold_id"])
    op.bulk_insert(refunds, due_back())


def due_back() -> list[dict[str, object]]:
    copied = ("provider", "payment_id", "room_id", "hold_id", "amount_cents", "outcome")
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in (*copied, "settled_at_ms")]
    payments = sa.table("payments", *columns)
    found = op.get_bind().execute(sa.select(payments).where(payments.c.outcome.in_(DUE_BACK)))
    return [
        {
            "refund_id": refund_id(row.provider, row.payment_id),
            "provider": row.provider,
            "payment_id": row.payment_id,
            "room_id": row.room_id,
            "hold_id": row.hold_id,
            "amount_cents": row.amount_cents,
            "reason": row.outcome,
            "restock": False,
            "state": "due",
            "attempts": 0,
            "round": 0,
            "next_try_at_ms": 0,
            "requested_at_ms": row.settled_at_ms or 0,
        }
        for row in found
    ]


def refund_id(provider: str, payment_id: str) -> str:
    return f"rf_{hashlib.sha256(f'{provider}:{payment_id}'.encode()).hexdigest()[:40]}"


def make_providers_own() -> None:
    op.create_table(
        "sandbox_refunds",
        word("refund_id", 64),
        word("checkout_id", 64),
        word("state", 16),
        number("created_at_ms"),
        sa.PrimaryKeyConstraint("refund_id"),
    )
    op.create_table(
        "stripe_sessions",
        word("room_id", 64),
        word("hold_id", 64),
        sa.Column("attempt", Integer, nullable=False),
        sa.Column("wanted", sa.LargeBinary, nullable=False),
        word("session_id", 128, nullable=True),
        number("created_at_ms"),
        sa.PrimaryKeyConstraint("room_id", "hold_id", "attempt"),
    )
