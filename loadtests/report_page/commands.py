"""`python -m loadtests report RUN` and `python -m loadtests compare BEFORE AFTER`.

Exit status of `report`: 0 written, 2 it could not be read. Of `compare`: 0 the second run is not
worse, 1 it is, 2 one could not be read.
"""

import argparse
from pathlib import Path
from typing import Any

from loadtests.report_page import compare
from loadtests.report_page.compare import Tolerance
from loadtests.report_page.page import page
from loadtests.result import read_result

EXIT_WORSE = 1
REPORT_NAME, COMPARISON_NAME = "report.html", "comparison.html"


def add_commands(subparsers: Any) -> None:
    """Adds both; each sets `run`, which takes the options and returns the exit status."""
    report = subparsers.add_parser(
        "report", help="one HTML file from a run", description="Write a run as one HTML file."
    )
    report.add_argument("run_dir", type=Path, metavar="RUN", help="a run's folder, or its run.json")
    report.add_argument("--out", type=Path, help=f"where to (default: {REPORT_NAME} beside it)")
    report.set_defaults(run=run_report)
    both = subparsers.add_parser(
        "compare",
        help="two runs beside each other",
        description="Compare two runs. Exit status 1 if the second is worse: a p99 longer than the "
        f"tolerance and by over {compare.NOISE_MS:g} ms, more errors, a promise newly broken.",
    )
    both.add_argument("before", type=Path, metavar="BEFORE")
    both.add_argument("after", type=Path, metavar="AFTER")
    both.add_argument(
        "--tolerance",
        type=float,
        default=Tolerance().p99_share,
        help="how much longer a p99 may be (default %(default)s: a quarter)",
    )
    both.add_argument(
        "--out", type=Path, help=f"where to (default: {COMPARISON_NAME} beside AFTER)"
    )
    both.set_defaults(run=run_compare)


def write_report(place: Path, out: Path | None = None) -> Path:
    """The page of the run in `place`; returns where it is. Raises LoadError."""
    text = page(read_result(place))
    return _written(out or _folder(place) / REPORT_NAME, text)


def run_report(options: argparse.Namespace) -> int:
    print(f"written: {write_report(options.run_dir, options.out)}")
    return 0


def run_compare(options: argparse.Namespace) -> int:
    before, after = read_result(options.before), read_result(options.after)
    tolerance = Tolerance(options.tolerance)
    out = options.out or _folder(options.after) / COMPARISON_NAME
    _written(out, compare.page(before, after, tolerance))
    worse = compare.worsened(before, after, tolerance)
    for words in worse:
        print(f"worse: {words}")
    print(f"written: {out}")
    return EXIT_WORSE if worse else 0


def _folder(place: Path) -> Path:
    return place if place.is_dir() else place.parent


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path
