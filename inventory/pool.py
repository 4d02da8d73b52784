"""A pool: a counted stock of one scarce thing, and the terms on which it is sold (a sale).

Units only ever move between accounts (`Account`), so every change keeps the conservation law
`total == available + held + sold`, all four never negative. If you change a rule here, also change
its Lua twin in `redis_store/scripts/prelude.lua`; `tests/inventory/test_twins.py` drives both with
the same commands, and `tests/inventory/test_codes.py` compares the words.
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


class Account(StrEnum):
    """Where a unit is. SUPPLY is the world outside: restocks come from it, cuts go there."""

    SUPPLY = "supply"
    AVAILABLE = "available"
    HELD = "held"
    SOLD = "sold"


COUNTER_NAMES = ("total", "available", "held", "sold")
SHOWN_AFTER_END_MS = 86_400_000


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """One sale and its stock: exactly what the `pools` hash in Redis stores, msgpack-encoded.

    `version` rises by one with every change a buyer can see, so a reader can drop news that arrives
    late. `created_total` is the total the sale was created with. `waiting` buyers have a place on
    the waitlist; places are numbered from `waiting_next`, the first to be served, up to, not with,
    `waiting_end` (the number of who left is skipped).
    """

    sale_id: str
    product_id: str
    price_cents: int
    per_buyer_max: int
    hold_duration_ms: int
    created_total: int
    total: int
    available: int
    held: int = 0
    sold: int = 0
    starts_at_ms: int | None = None
    ends_at_ms: int | None = None
    paused: bool = False
    version: int = 1
    waiting: int = 0
    waiting_next: int = 0
    waiting_end: int = 0


class Restock(msgspec.Struct, frozen=True, kw_only=True):
    """Units that were added to a sale, or cut (negative), under an id that is executed once.

    `retained_from_ms`: when retention of the id began.
    """

    restock_id: str
    sale_id: str
    units: int
    retained_from_ms: int


def phase(pool: Pool, now_ms: int) -> Phase:
    """What the sale shows at `now_ms`; a sale is open from its start up to, not at, its end."""
    if has_ended(pool, now_ms):
        return Phase.ENDED
    if pool.starts_at_ms is None:
        return Phase.SCHEDULED
    if now_ms < pool.starts_at_ms:
        return Phase.COUNTING
    if pool.paused:
        return Phase.PAUSED
    return Phase.OPEN if pool.available > 0 else Phase.SOLD_OUT


def has_ended(pool: Pool, now_ms: int) -> bool:
    return pool.ends_at_ms is not None and now_ms >= pool.ends_at_ms


def is_shown(pool: Pool, now_ms: int) -> bool:
    """Whether newcomers are told of the sale: it runs, is yet to run, or ended lately."""
    return pool.ends_at_ms is None or now_ms < pool.ends_at_ms + SHOWN_AFTER_END_MS


def is_lawful(pool: Pool) -> bool:
    """The conservation law. A pool that breaks it must not be written."""
    return (
        min(counters(pool).values()) >= 0 and pool.total == pool.available + pool.held + pool.sold
    )


def counters(pool: Pool) -> dict[str, int]:
    """The four counts, by COUNTER_NAMES."""
    return {name: getattr(pool, name) for name in COUNTER_NAMES}


def moved(pool: Pool, source: Account, target: Account, units: int) -> Pool:
    """The pool after `units` went from one account to another: one change, one version.

    Raises ValueError if that would break the conservation law: callers ask first whether the units
    are there (`pool.available`), because "not enough" is an expected refusal.
    """
    counts = counters(pool)
    for account, change in ((source, -units), (target, units)):
        if account is Account.SUPPLY:
            counts["total"] -= change
        else:
            counts[account.value] += change
    after = msgspec.structs.replace(pool, **counts, version=pool.version + 1)
    if units < 0 or not is_lawful(after):
        raise ValueError(f"cannot move {units} units from {source} to {target} in {pool}")
    return after


def restock(pool: Pool, units: int) -> Pool:
    """Add units to the sale, or cut available ones (negative `units`)."""
    if units < 0:
        return moved(pool, Account.AVAILABLE, Account.SUPPLY, -units)
    return moved(pool, Account.SUPPLY, Account.AVAILABLE, units)
