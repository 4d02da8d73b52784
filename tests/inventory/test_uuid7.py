"""Ids that carry their time, and the window in which they are remembered."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.uuid7 import FUTURE_MAX_MS, forget_before_ms, is_stale, timestamp_ms, uuid7

RETENTION_MS = 86_400_000
NOW_MS = 1_800_000_000_000

times = st.integers(0, 2**48 - 1)
random_bytes = st.binary(min_size=10, max_size=10)


@given(times, random_bytes)
def test_an_id_gives_its_time_back_and_is_well_formed(now_ms: int, noise: bytes) -> None:
    made = uuid7(now_ms, noise)
    assert timestamp_ms(made) == now_ms
    parsed = uuid.UUID(made)
    assert (parsed.version, parsed.variant, str(parsed)) == (7, uuid.RFC_4122, made)


@given(times, times, random_bytes, random_bytes)
def test_ids_sort_by_their_time(one_ms: int, two_ms: int, one: bytes, two: bytes) -> None:
    if one_ms < two_ms:
        assert uuid7(one_ms, one) < uuid7(two_ms, two)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not an id",
        "0198c0de-0000-4000-8000-000000000000",  # version 4
        "0198c0de-0000-7000-c000-000000000000",  # another variant
        "0198C0DE-0000-7000-8000-000000000000",  # upper case
        "0198c0de-0000-7000-8000-000000000000 ",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="UUIDv7"):
        timestamp_ms(text)


@pytest.mark.parametrize(("now_ms", "noise"), [(-1, bytes(10)), (1 << 48, bytes(10)), (1, b"")])
def test_an_id_is_only_made_of_what_fits(now_ms: int, noise: bytes) -> None:
    with pytest.raises(ValueError, match="UUIDv7"):
        uuid7(now_ms, noise)


@pytest.mark.parametrize(
    ("made_at_ms", "stale"),
    [
        (NOW_MS, False),
        (NOW_MS - RETENTION_MS, False),
        (NOW_MS - RETENTION_MS - 1, True),
        (NOW_MS + FUTURE_MAX_MS, False),
        (NOW_MS + FUTURE_MAX_MS + 1, True),
    ],
)
def test_ids_are_accepted_within_their_window(made_at_ms: int, stale: bool) -> None:
    assert is_stale(uuid7(made_at_ms, bytes(10)), NOW_MS, RETENTION_MS) is stale


@given(
    accepted_at_ms=st.integers(NOW_MS, NOW_MS + 2 * RETENTION_MS),
    ahead_ms=st.integers(-RETENTION_MS, FUTURE_MAX_MS),
    waited_ms=st.integers(0, 3 * RETENTION_MS),
)
def test_a_record_is_forgotten_only_when_its_id_is_refused(
    accepted_at_ms: int, ahead_ms: int, waited_ms: int
) -> None:
    made = uuid7(accepted_at_ms + ahead_ms, bytes(10))
    now_ms = accepted_at_ms + waited_ms
    if accepted_at_ms < forget_before_ms(now_ms, RETENTION_MS):
        assert is_stale(made, now_ms, RETENTION_MS)
