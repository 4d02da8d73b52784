"""A run's record as a load test writes it, with whatever a test wants to be different."""

import math
import random
from typing import Any

from loadtests.result import (
    ErrorCount,
    EventStats,
    Fairness,
    Fault,
    Machine,
    PromiseResult,
    RunResult,
    Second,
    SwarmResult,
)

DURATION_S = 90
BASES_MS = {"join": 8.0, "publish_to_receive": 12.0, "buy": 6.0, "comment": 5.0, "paid": 60.0}
KEPT = PromiseResult(
    promise="never_oversold", words="never oversold, at any moment", verdict="kept", cases=100
)
BROKEN = PromiseResult(
    promise="same_answer",
    words="same id, same answer",
    verdict="broken",
    cases=31,
    breaches=["buyer 7: held twice, neither answer a replay", "buyer 9: <b>bold</b> & odd"],
    breaches_total=25,
)


def stats(p50_ms: float, count: int, errors: int = 0) -> EventStats:
    return EventStats(
        count=count,
        errors=errors,
        p50_ms=p50_ms,
        p95_ms=3 * p50_ms,
        p99_ms=6 * p50_ms,
        max_ms=11 * p50_ms,
    )


def series(slower: float = 1.0, seed: int = 7) -> list[Second]:
    """A room that fills, talks, rushes at 30 s, and loses a worker at 45 s."""
    dice = random.Random(seed)
    seconds = []
    for t_s in range(DURATION_S):
        is_away = 45 <= t_s < 48
        events = {"publish_to_receive": stats(_ms(dice, 12 * slower, is_away), 20_000)}
        if t_s < 15:
            events["join"] = stats(_ms(dice, 8, is_away), 100)
        if 30 <= t_s < 60:
            press = stats(_ms(dice, 6 * slower, is_away), int(400 * math.exp((30 - t_s) / 4)) + 1)
            events["buy"] = press
            events["paid"] = stats(_ms(dice, 60, is_away), 3)
        events["comment"] = stats(_ms(dice, 5, is_away), 20, 4 if is_away else 0)
        viewers = 1_500 * min(t_s, 15) // 15 - (700 if is_away else 0)
        seconds.append(Second(t_s=t_s, viewers=viewers, events=events))
    return seconds


def _ms(dice: random.Random, base_ms: float, is_away: bool) -> float:
    return base_ms * dice.lognormvariate(0, 0.15) * (9 if is_away else 1)


def run_result(slower: float = 1.0, **changes: Any) -> RunResult:
    given: dict[str, Any] = {
        "scenario": "countdown_rush",
        "text": "1,000 viewers talk, 500 buyers rush for 100 units, and a worker is killed.",
        "plan": {"viewers": 1_000, "buyers": 500, "units": 100, "comments_per_s": 20},
        "target": "own server, 2 workers",
        "started_at_ms": 1_795_330_000_000,
        "duration_s": float(DURATION_S),
        "machine": Machine(
            cpu_count=2,
            cpu_model="Some Processor 9000",
            memory_bytes=24 * 10**9,
            versions={"python": "3.11.7", "redis": "7.0.15", "kaibo": "0.1.0"},
            commit="0123456789abcdef",
        ),
        "series": series(slower),
        "totals": {
            name: stats(ms * slower, 5_000, 12 if name == "comment" else 0)
            for name, ms in BASES_MS.items()
        },
        "errors": [ErrorCount(event="comment", code="UNAVAILABLE", count=12)],
        "faults": [
            Fault(t_s=45.0, kind="kill_worker", words="a worker was killed", recovered_at_s=48.2),
            Fault(t_s=70.0, kind="pause_ledger", words="the ledger was paused"),
        ],
        "findings": [KEPT, BROKEN],
        "fairness": Fairness(
            buyers=500, pairs=40_000, inversions_share=0.013, kendall_tau=0.97, worst_jump_ms=14.0
        ),
        "swarm": SwarmResult(
            processes=1, viewers_max=1_000, promised=1_800_000, received=1_800_000
        ),
        "outcome": {"total": 100, "paid": 93, "sold_out": 400},
        "generator_cpu_percent": 61.0,
        "server_cpu_s": 44.2,
        "verdict": "broken",
    }
    return RunResult(**(given | changes))
