"""`python -m loadtests.bench_inventory`: measure, report, draw.

Exit status: 0 every target was reached (or the run was too small to judge), 1 one was missed or
could not be measured, 2 nothing could be measured.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from redis import Redis

from loadtests.bench.machine import Machine, allow_files, describe
from loadtests.bench.verdict import Figure, Verdict
from loadtests.bench_inventory import engine, selling
from loadtests.bench_inventory.picture import draw
from loadtests.bench_inventory.plan import FULL, QUICK, Part, Plan
from loadtests.bench_inventory.verdict import Results, figures
from loadtests.errors import LoadError
from loadtests.progress import say

EXIT_MISSED, EXIT_NOT_RUN = 1, 2
PACKAGES = ("redis", "hiredis", "websockets", "uvloop", "msgpack", "sqlalchemy", "starlette")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What build/bench-inventory.json holds."""

    machine: Machine
    is_full: bool
    figures: list[Figure]
    results: Results
    failures: list[str]  # parts that could not be measured, and why

    @property
    def is_met(self) -> bool:
        return not self.failures and all(f.verdict is not Verdict.MISSED for f in self.figures)


def _engine(plan: Plan) -> dict[str, Any]:
    with selling.shop(_cores()) as place:
        return {"engine": asyncio.run(engine.measure(place.redis_url, plan))}


def _growth(plan: Plan) -> dict[str, Any]:
    with selling.shop(_cores()) as place:
        return {"growth": asyncio.run(engine.grow(place.redis_url, plan))}


def _alone(plan: Plan) -> dict[str, Any]:
    return {"alone": selling.alone(plan, _cores())}


def _selling(plan: Plan) -> dict[str, Any]:
    """Each subject as often as the plan says, in turn; of each, the run in the middle."""
    wanted: dict[str, Callable[[], selling.Sold]] = {
        "floor": lambda: selling.sell_beside("floor", plan, _cores()),
        "kaibo": lambda: selling.sell("kaibo", plan, _cores()),
        "tutorial": lambda: selling.sell_beside("tutorial", plan, _cores()),
        "kaibo, fsync": lambda: selling.sell(
            "kaibo, fsync", plan, _cores(), "--durability", "fsync"
        ),
        "kaibo, sold out": lambda: selling.sell("kaibo, sold out", plan, _cores(), units=1),
    }
    runs = [{name: sell() for name, sell in wanted.items()} for _ in range(plan.rounds)]
    return {"sold": [_middle([run[name] for run in runs]) for name in wanted]}


def _middle(runs: list[selling.Sold]) -> selling.Sold:
    middle = statistics.median_low([run.per_s for run in runs])
    return next(run for run in runs if run.per_s == middle)


MEASURES = {
    Part.ENGINE: _engine,
    Part.GROWTH: _growth,
    Part.ALONE: _alone,
    Part.SELLING: _selling,
}


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run once and exit with the status."""
    options = _parser().parse_args(arguments)
    plan = QUICK if options.quick else FULL
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(plan.time_s_max)
    try:
        report = run(plan, options.only or list(Part))
    except LoadError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(EXIT_NOT_RUN)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(msgspec.to_builtins(report), indent=2) + "\n")
    draw(options.picture, report.results)
    print("\n" + "\n".join(lines(report)))
    print(f"\nwritten: {options.out}, {options.picture}", flush=True)
    sys.exit(0 if report.is_met else EXIT_MISSED)


def _out_of_time(_number: int, _frame: object) -> None:
    raise SystemExit("bench: out of time")  # through every `finally`, so that all are stopped


def run(plan: Plan, parts: Sequence[Part]) -> Report:
    """Measure `parts`. A part that fails is reported, and the others are measured all the same."""
    load_before = os.getloadavg()
    allow_files(4 * plan.buyers)
    found: dict[str, Any] = {}
    failures = []
    for part in parts:
        say(f"measuring {part}")
        try:
            found |= MEASURES[part](plan)
        except LoadError as error:
            failures.append(f"{part}: {error}")
    results = Results(**found)
    return Report(
        machine=describe(PACKAGES, load_before, _redis_version()),
        is_full=plan == FULL,
        figures=figures(results, is_full=plan == FULL),
        results=results,
        failures=failures,
    )


def _redis_version() -> str:
    with selling.shop(_cores()) as place, Redis.from_url(place.redis_url) as redis:
        info: Any = redis.info("server")
        return str(info["redis_version"])


def lines(report: Report) -> list[str]:
    """The report as text."""
    machine = report.machine
    return [
        f"{machine.cpu}, {machine.cores} cores, Linux {machine.kernel}, Python {machine.python}",
        ", ".join(f"{name} {version}" for name, version in machine.versions.items()),
        f"load average {machine.load_before[0]:.1f} before, {machine.load_after[0]:.1f} at the end",
        "",
        *(
            f"{f.verdict.value:8}  {f.name}: {f.measured} (target {f.target})"
            for f in report.figures
        ),
        *(f"NOT MEASURED  {failure}" for failure in report.failures),
        "",
        *(_sold_line(sold) for sold in report.results.sold),
    ]


def _sold_line(sold: selling.Sold) -> str:
    rates = f"{sold.per_s:9,.0f}/s  p50 {sold.p50_ms:6.1f} p99 {sold.p99_ms:6.1f} ms"
    costs = f"server {sold.server_us:5.0f}, Redis {sold.redis_us:4.0f}, crowd {sold.crowd_us:4.0f}"
    return f"{sold.subject:16} {rates}  CPU us: {costs}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.bench_inventory",
        description="Measure what a purchase costs, beside a floor and a small peer. Takes about "
        "ten minutes, with --quick one.",
    )
    parser.add_argument("--quick", action="store_true", help="small, one round, no verdicts")
    parser.add_argument(
        "--only", action="append", type=Part, choices=list(Part), help="measure only this; repeats"
    )
    parser.add_argument("--out", type=Path, default=Path("build/bench-inventory.json"))
    parser.add_argument("--picture", type=Path, default=Path("build/bench-inventory.svg"))
    return parser


if __name__ == "__main__":
    main()
