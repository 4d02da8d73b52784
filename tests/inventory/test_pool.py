"""The pure rules of pools."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.pool import (
    Account,
    Phase,
    Pool,
    counters,
    is_lawful,
    moved,
    phase,
    restock,
)

START_MS, END_MS = 1_000, 2_000


def pool(units: int = 3, **changes: object) -> Pool:
    record: dict[str, object] = {
        "sale_id": "tea",
        "product_id": "longjing",
        "price_cents": 990,
        "per_buyer_max": 2,
        "hold_duration_ms": 60_000,
        "created_total": units,
        "total": units,
        "available": units,
    }
    return Pool(**(record | changes))  # type: ignore[arg-type]


STARTED = {"starts_at_ms": START_MS, "ends_at_ms": END_MS}


@pytest.mark.parametrize(
    ("changes", "now_ms", "expected"),
    [
        ({}, 5_000, Phase.SCHEDULED),
        (STARTED, START_MS - 1, Phase.COUNTING),
        (STARTED, START_MS, Phase.OPEN),
        (STARTED, END_MS - 1, Phase.OPEN),
        (STARTED, END_MS, Phase.ENDED),
        (STARTED | {"available": 0, "held": 3}, START_MS, Phase.SOLD_OUT),
        (STARTED | {"paused": True}, START_MS, Phase.PAUSED),
        (STARTED | {"paused": True}, START_MS - 1, Phase.COUNTING),
        (STARTED | {"paused": True}, END_MS, Phase.ENDED),
        ({"ends_at_ms": 500}, 500, Phase.ENDED),
        ({"starts_at_ms": START_MS, "ends_at_ms": 500}, 600, Phase.ENDED),
    ],
)
def test_phase_follows_from_the_record_and_the_clock(
    changes: dict[str, Any], now_ms: int, expected: Phase
) -> None:
    assert phase(pool(**changes), now_ms) is expected


def test_units_walk_from_available_to_held_to_sold_and_back() -> None:
    held = moved(pool(3), Account.AVAILABLE, Account.HELD, 2)
    assert counters(held) == {"total": 3, "available": 1, "held": 2, "sold": 0}
    sold = moved(held, Account.HELD, Account.SOLD, 1)
    assert counters(sold) == {"total": 3, "available": 1, "held": 1, "sold": 1}
    assert counters(moved(held, Account.HELD, Account.AVAILABLE, 2)) == counters(pool(3))


def test_restock_and_cut_change_total_and_available_alike() -> None:
    assert counters(restock(pool(3), 2)) == {"total": 5, "available": 5, "held": 0, "sold": 0}
    assert counters(restock(pool(3), -3)) == {"total": 0, "available": 0, "held": 0, "sold": 0}


@pytest.mark.parametrize(
    ("source", "target", "units"),
    [
        (Account.AVAILABLE, Account.HELD, 4),
        (Account.HELD, Account.SOLD, 1),
        (Account.AVAILABLE, Account.SUPPLY, 4),
        (Account.HELD, Account.AVAILABLE, -1),
    ],
)
def test_units_that_are_not_there_cannot_move(source: Account, target: Account, units: int) -> None:
    with pytest.raises(ValueError, match="cannot move"):
        moved(pool(3), source, target, units)


accounts = st.sampled_from(Account)


@given(st.integers(0, 20), st.lists(st.tuples(accounts, accounts, st.integers(-3, 9)), max_size=30))
def test_no_sequence_of_moves_breaks_the_conservation_law(
    units: int, moves: list[tuple[Account, Account, int]]
) -> None:
    current = pool(units)
    for source, target, quantity in moves:
        try:
            current = moved(current, source, target, quantity)
        except ValueError:
            continue
        assert is_lawful(current)


def test_every_move_is_one_version() -> None:
    assert restock(pool(3), 1).version == pool(3).version + 1
