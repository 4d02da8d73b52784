"""People react as people do."""

import random
import statistics

from loadtests.people.human import REACTION_S_MIN, backoff_s, hesitation_s, reaction_s, thinking_s


def test_a_reaction_takes_about_300_ms_and_never_none() -> None:
    dice = random.Random(7)
    drawn = [reaction_s(dice) for _ in range(2_000)]
    assert min(drawn) >= REACTION_S_MIN
    assert 0.27 < statistics.median(drawn) < 0.33


def test_few_hesitate_and_nobody_for_ever() -> None:
    dice = random.Random(7)
    drawn = [hesitation_s(dice) for _ in range(2_000)]
    assert 0.1 < sum(each > 0 for each in drawn) / len(drawn) < 0.2
    assert max(drawn) <= 6.0 and max(thinking_s(dice) for _ in range(2_000)) <= 3.0


def test_coming_back_waits_longer_each_time_up_to_a_bound() -> None:
    dice = random.Random(7)
    assert max(backoff_s(dice, 0) for _ in range(200)) <= 0.2
    assert 1.0 < max(backoff_s(dice, 50) for _ in range(200)) <= 3.0
