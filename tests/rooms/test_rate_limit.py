"""Token buckets: a burst, then a steady rate, and a bound on how many users are remembered."""

from rooms.rate_limit import Limiter, Rate, TokenBucket

SLOW = Rate(burst=2, per_minute=60)


def test_a_burst_is_allowed_then_refused_with_the_time_to_wait() -> None:
    bucket = TokenBucket(SLOW, now_ms=0)
    assert [bucket.take(0), bucket.take(0)] == [0, 0]
    assert 0 < bucket.take(0) <= 1_001


def test_waiting_as_long_as_told_is_enough() -> None:
    bucket = TokenBucket(SLOW, now_ms=0)
    for _ in range(2):
        bucket.take(0)
    wait_ms = bucket.take(0)
    assert bucket.take(wait_ms) == 0


def test_refused_acts_do_not_push_the_wait_further_away() -> None:
    bucket = TokenBucket(SLOW, now_ms=0)
    waits = [bucket.take(0) for _ in range(50)]
    assert waits[2] == waits[49]


def test_a_clock_stepping_back_gives_and_takes_nothing() -> None:
    bucket = TokenBucket(SLOW, now_ms=10_000)
    bucket.take(10_000)
    assert bucket.take(0) == 0
    assert bucket.take(0) > 0


def test_each_key_has_its_own_bucket() -> None:
    limiter = Limiter(Rate(burst=1, per_minute=1))
    assert limiter.take("ann", 0) == 0
    assert limiter.take("bob", 0) == 0
    assert limiter.take("ann", 0) > 0


def test_the_longest_idle_key_is_forgotten_past_the_bound() -> None:
    limiter = Limiter(Rate(burst=1, per_minute=1), keys_max=2)
    for key in ("ann", "bob", "cat"):
        limiter.take(key, 0)
    assert limiter.take("bob", 0) > 0
    assert limiter.take("ann", 0) == 0
