"""Who pressed first and who was served first: reported, not judged. Pure.

Only first presses count, on the server's clock as each buyer knew it; whoever got a unit later, as
a returned one, was refused at first and counts so. Times that are equal have no
order.
"""

import bisect
from collections.abc import Sequence
from typing import NamedTuple

from loadtests.oracle.evidence import Evidence
from loadtests.people.record import HELD, SOLD_OUT, WAITING
from loadtests.result import Fairness

BUYERS_MAX = 3_000  # all pairs are looked at; of more buyers, the first


class Press(NamedTuple):
    """A buyer's first press: when, how it ended, and when the hold was made if there is one."""

    at_ms: int
    was_held: bool
    held_at_ms: int | None


def fairness(sales: Sequence[Evidence]) -> Fairness | None:
    """Over all sales; None where nobody was refused or nobody held."""
    pairs = inversions = 0
    worst_ms, taus, buyers = 0, [], 0
    for evidence in sales:
        presses = _presses(evidence)
        buyers += len(presses)
        found = _inversions(presses)
        pairs, inversions = pairs + found[0], inversions + found[1]
        worst_ms = max(worst_ms, found[2])
        taus += [tau for tau in [kendall_tau(_orders(presses))] if tau is not None]
    if not pairs:
        return None
    return Fairness(
        buyers=buyers,
        pairs=pairs,
        inversions_share=round(inversions / pairs, 4),
        kendall_tau=round(sum(taus) / len(taus), 4) if taus else None,
        worst_jump_ms=float(worst_ms),
    )


def _presses(evidence: Evidence) -> list[Press]:
    presses = []
    for record in evidence.records[:BUYERS_MAX]:
        first = record.first
        if first is None or first.outcome not in (HELD, SOLD_OUT, WAITING):
            continue
        held_at_ms = first.hold.created_at_ms if first.hold and first.outcome == HELD else None
        presses.append(Press(first.asked_at_ms, first.outcome == HELD, held_at_ms))
    return presses


def _inversions(presses: Sequence[Press]) -> tuple[int, int, int]:
    """Pairs of one who was held and one who was refused, those of them the wrong way round, and by
    how much the luckiest came after a refused one."""
    held = sorted(press.at_ms for press in presses if press.was_held)
    refused = sorted(press.at_ms for press in presses if not press.was_held)
    pairs = inversions = 0
    for at_ms in refused:
        before, not_after = bisect.bisect_left(held, at_ms), bisect.bisect_right(held, at_ms)
        pairs += before + len(held) - not_after
        inversions += len(held) - not_after
    worst_ms = max(0, held[-1] - refused[0]) if held and refused else 0
    return pairs, inversions, worst_ms


def _orders(presses: Sequence[Press]) -> list[tuple[int, int]]:
    return [(each.at_ms, each.held_at_ms) for each in presses if each.held_at_ms is not None]


def kendall_tau(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Kendall's tau-a of two orders: concordant minus discordant pairs, over all that are ordered
    in both; None where there is no such pair."""
    concordant = discordant = 0
    for number, (first, second) in enumerate(pairs):
        for other_first, other_second in pairs[number + 1 :]:
            sign = (first - other_first) * (second - other_second)
            concordant += sign > 0
            discordant += sign < 0
    counted = concordant + discordant
    return (concordant - discordant) / counted if counted else None
