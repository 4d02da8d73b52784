"""How long people take. Pure: the dice are handed in.

Reaction to something expected is log-normal with a median near 300 ms and a floor of 150 ms, as in
measurements of choice reaction times; whoever hesitates does so for seconds.
"""

import math
import random

REACTION_MEDIAN_S, REACTION_SPREAD, REACTION_S_MIN = 0.30, 0.35, 0.15
HESITATION_MEDIAN_S, HESITATION_SPREAD, HESITATION_S_MAX = 1.5, 0.6, 6.0
HESITATES_SHARE = 0.15
THINKING_MEDIAN_S, THINKING_SPREAD, THINKING_S_MAX = 0.8, 0.5, 3.0
BACKOFF_S, BACKOFF_S_MAX = 0.2, 3.0


def reaction_s(dice: random.Random) -> float:
    """From seeing the button to pressing it."""
    return max(REACTION_S_MIN, dice.lognormvariate(math.log(REACTION_MEDIAN_S), REACTION_SPREAD))


def hesitation_s(dice: random.Random) -> float:
    """What some add to that; 0 for most."""
    if dice.random() >= HESITATES_SHARE:
        return 0.0
    drawn_s = dice.lognormvariate(math.log(HESITATION_MEDIAN_S), HESITATION_SPREAD)
    return min(HESITATION_S_MAX, drawn_s)


def thinking_s(dice: random.Random) -> float:
    """From having the unit to going to pay."""
    drawn_s = dice.lognormvariate(math.log(THINKING_MEDIAN_S), THINKING_SPREAD)
    return min(THINKING_S_MAX, drawn_s)


def backoff_s(dice: random.Random, tries: int) -> float:
    """Before coming back for the n-th time (from 0)."""
    ceiling_s: float = min(BACKOFF_S_MAX, BACKOFF_S * 2 ** min(tries, 10))
    return dice.uniform(0, ceiling_s)
