"""`python -m loadtests.bench`: measure, report, draw.

Exit status: 0 every target was reached (or the run was too small to judge), 1 one was missed or
could not be measured, 2 nothing could be measured, 130 it was interrupted.
"""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from loadtests.bench import arrival, fanout, growth, memory, reconnect
from loadtests.bench.machine import allow_files, describe, share_cores
from loadtests.bench.picture import draw
from loadtests.bench.plan import FULL, QUICK, Part, Plan
from loadtests.bench.report import Report, keep, read, renewed
from loadtests.bench.stage import Stage, open_stage
from loadtests.bench.subjects import PACKAGES
from loadtests.bench.verdict import Results, figures
from loadtests.errors import LoadError
from loadtests.progress import say

EXIT_MISSED = 1
EXIT_NOT_RUN = 2
EXIT_INTERRUPTED = 130


class OutOfTime(Exception):
    """The whole run took too long. No LoadError, so that no part of the run goes on after it."""


def _arrivals(stage: Stage, plan: Plan) -> dict[str, Any]:
    plain, frozen = arrival.measure(stage, plan)
    return {"arrival": plain, "arrival_frozen": frozen}


MEASURES: dict[Part, Callable[[Stage, Plan], dict[str, Any]]] = {
    Part.FANOUT: lambda stage, plan: {"fanout": fanout.measure(stage, plan)},
    Part.MEMORY: lambda stage, plan: {"memory": memory.measure(stage, plan)},
    Part.ARRIVAL: _arrivals,
    Part.RECONNECT: lambda stage, plan: {"reconnect": reconnect.measure(stage, plan)},
    Part.GROWTH: lambda stage, plan: {"growth": growth.measure(stage, plan)},
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run once and exit with the status."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        before = read(options.out) if options.renew else None
        report = run(QUICK if options.quick else FULL, options.only or list(Part))
        report = renewed(before, report) if before else report
    except (LoadError, OutOfTime) as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(EXIT_NOT_RUN)
    keep(options.out, report)
    draw(options.picture, report.results)
    print(f"written: {options.picture}", flush=True)
    sys.exit(0 if report.is_met else EXIT_MISSED)


def run(plan: Plan, parts: Sequence[Part]) -> Report:
    """Measure `parts`. A part that fails is reported, and the others are measured all the same.

    Raises LoadError when nothing can be measured here.
    """
    load_before = os.getloadavg()
    cores = share_cores()
    allow_files(plan.files)
    say(f"server on core {cores.server}, everything else on {cores.others}")
    with open_stage(cores) as stage, _time_limit(plan.time_s_max):
        found, failures = _measured(stage, plan, parts)
        redis_version = stage.redis_version()
    results = Results(**found)
    return Report(
        machine=describe(PACKAGES, load_before, redis_version),
        is_full=plan == FULL,
        figures=figures(results, is_full=plan == FULL),
        results=results,
        failures=failures,
    )


def _measured(stage: Stage, plan: Plan, parts: Sequence[Part]) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    failures = []
    for part in parts:
        say(f"measuring {part}")
        try:
            found |= MEASURES[part](stage, plan)
        except LoadError as error:
            say(f"{part} could not be measured: {error}")
            failures.append(f"{part}: {error}")
    return found, failures


@contextlib.contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    def out_of_time(_number: int, _frame: object) -> None:
        raise OutOfTime(f"{seconds} s are over")

    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _interrupt(_number: int, _frame: object) -> None:
    sys.exit(EXIT_INTERRUPTED)  # through every `finally`, so that all children are stopped


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.bench",
        description="Measure what it costs a worker to tell a room something, beside a bare loop "
        "of socket sends and beside other servers. Takes about 15 minutes, with --quick three.",
    )
    parser.add_argument("--quick", action="store_true", help="small rooms, one round, no verdicts")
    parser.add_argument(
        "--only", action="append", type=Part, choices=list(Part), help="measure only this; repeats"
    )
    parser.add_argument(
        "--renew", action="store_true", help="keep what --out says of the parts not measured now"
    )
    parser.add_argument("--out", type=Path, default=Path("build/bench-rooms.json"))
    parser.add_argument("--picture", type=Path, default=Path("build/bench-rooms.svg"))
    return parser


if __name__ == "__main__":
    main()
