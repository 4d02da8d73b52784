"""A pool: a counted stock of one scarce thing, and the terms on which it is sold (a sale).

The rule every change keeps is the conservation law `total == available + held + sold`, all four
never negative. If you change a rule here, also change its Lua twin in `redis_store/scripts/`;
`tests/inventory/test_twins.py` drives both with the same commands.
"""

from enum import StrEnum

import msgspec


class Phase(StrEnum):
    """What a sale shows at a moment; derived from its record and the clock, never stored."""

    SCHEDULED = "scheduled"  # exists, nobody has started it
    COUNTING = "counting"  # announced, opens at starts_at_ms
    OPEN = "open"
    SOLD_OUT = "sold_out"  # open, but nothing available: returns to OPEN when a unit comes back
    PAUSED = "paused"
    ENDED = "ended"


class Pool(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One sale and its stock: exactly what the `pools` hash in Redis stores, msgpack-encoded.

    `version` rises by one with every change, so a reader can drop news that arrives late.
    `archived_sold` counts sold units whose hold records were forgotten after the retention window.
    """

    sale_id: str
    product_id: str
    price_cents: int
    per_buyer_max: int
    hold_duration_ms: int
    total: int
    available: int
    held: int = 0
    sold: int = 0
    archived_sold: int = 0
    starts_at_ms: int | None = None
    ends_at_ms: int | None = None
    paused: bool = False
    version: int = 1
