"""A hold: one buyer's claim on units of one or more pools of a room, for a limited time.

HELD -> PAID | CANCELLED | EXPIRED          resolves exactly once
CANCELLED | EXPIRED + payment -> PAID if units are free, else REFUND_DUE
"""

from enum import StrEnum

import msgspec


class HoldState(StrEnum):
    HELD = "held"
    PAID = "paid"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUND_DUE = "refund_due"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one sale in a hold, at the price they were held at."""

    sale_id: str
    product_id: str
    quantity: int
    price_cents: int


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """One reservation's record: exactly what the `holds` hash in Redis stores, msgpack-encoded.

    `hold_id` is the reservation id the buyer chose (a UUIDv7). `payment_id` is the payment that
    resolved it (state PAID or REFUND_DUE).
    """

    hold_id: str
    buyer_id: str
    lines: list[Line]
    state: HoldState
    created_at_ms: int
    deadline_ms: int
    extended: bool = False
    finished_at_ms: int | None = None
    payment_id: str | None = None

    @property
    def amount_cents(self) -> int:
        return sum(line.quantity * line.price_cents for line in self.lines)
