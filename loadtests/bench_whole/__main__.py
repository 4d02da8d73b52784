"""`python -m loadtests.bench_whole`: one crowd on Kaibo and on a small peer, side by side.

Exit status: 0 every target was reached (or the run was too small to judge), 1 one was missed or
could not be measured, 2 nothing could be measured.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from redis import Redis

from loadtests.bench.machine import Machine, allow_files, describe
from loadtests.bench.verdict import Figure, Verdict
from loadtests.bench_inventory.selling import shop
from loadtests.bench_whole import course
from loadtests.bench_whole.picture import draw
from loadtests.bench_whole.plan import FULL, QUICK, Plan
from loadtests.bench_whole.servers import SERVERS
from loadtests.bench_whole.verdict import Results, figures
from loadtests.errors import LoadError

EXIT_MISSED, EXIT_NOT_RUN = 1, 2
PACKAGES = ("starlette", "uvicorn", "redis", "hiredis", "websockets", "uvloop", "msgpack")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What build/bench-whole.json holds."""

    machine: Machine
    is_full: bool
    figures: list[Figure]
    results: Results
    failures: list[str]  # servers that could not be measured, and why

    @property
    def is_met(self) -> bool:
        return not self.failures and all(f.verdict is not Verdict.MISSED for f in self.figures)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run once and exit with the status."""
    options = _parser().parse_args(arguments)
    plan = QUICK if options.quick else FULL
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(plan.time_s_max)
    try:
        report = run(plan)
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


def run(plan: Plan) -> Report:
    """Both servers. One that fails is reported, and the other is measured all the same."""
    load_before = os.getloadavg()
    allow_files(2 * (plan.viewers + plan.buyers))
    courses, failures = [], []
    for subject in SERVERS:
        try:
            courses.append(course.run(subject, plan))
        except LoadError as error:
            failures.append(f"{subject}: {error}")
    results = Results(courses=courses)
    return Report(
        machine=describe(PACKAGES, load_before, _redis_version()),
        is_full=plan == FULL,
        figures=figures(results, is_full=plan == FULL),
        results=results,
        failures=failures,
    )


def _redis_version() -> str:
    cores = sorted(os.sched_getaffinity(0))
    with shop(cores) as place, Redis.from_url(place.redis_url) as redis:
        return str(redis.info("server")["redis_version"])


def lines(report: Report) -> list[str]:
    """The report as text."""
    return [
        *(
            f"{f.verdict.value:8}  {f.name}: {f.measured} (target {f.target})"
            for f in report.figures
        ),
        *(f"NOT MEASURED  {failure}" for failure in report.failures),
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.bench_whole",
        description="One crowd watches, talks and rushes on Kaibo and on a small peer. Takes about "
        "four minutes, with --quick one.",
    )
    parser.add_argument("--quick", action="store_true", help="a small crowd, no verdicts")
    parser.add_argument("--out", type=Path, default=Path("build/bench-whole.json"))
    parser.add_argument("--picture", type=Path, default=Path("build/bench-whole.svg"))
    return parser


if __name__ == "__main__":
    main()
