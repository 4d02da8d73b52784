"""`python -m loadtests.benchmarks`, which is `make bench`: run, keep, write the documentation.

Exit status: 0 everything was run, 1 something could not be, 130 it was interrupted. Targets that
were missed are in the page and in each part's own words, and are no failure here.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from loadtests.benchmarks import pages, parts
from loadtests.benchmarks.pages import Shelf
from loadtests.benchmarks.parts import Build, Part
from loadtests.errors import LoadError
from loadtests.progress import say

EXIT_FAILED, EXIT_INTERRUPTED = 1, 130
BUILD = Path("build")
QUICK = BUILD / "bench-quick"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run once and exit with the status."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    sys.exit(bench(options.only or list(Part), is_quick=options.quick, is_run=not options.page))


def bench(wanted: Sequence[Part], *, is_quick: bool, is_run: bool) -> int:
    """Each part is published as soon as it is done, so that an interrupted run is not lost."""
    build = Build(QUICK if is_quick else BUILD)
    shelf = Shelf(QUICK / "docs", QUICK / "costs.json") if is_quick else Shelf()
    failed = []
    for part in (part for part in Part if part in wanted):
        try:
            if is_run:
                parts.run(part, build, is_quick=is_quick)
            pages.publish(part, build, shelf)
        except (LoadError, OSError) as error:
            say(f"bench: {error}")
            failed.append(part)
    say(f"bench: written {shelf.page}; failed: {', '.join(failed) or 'nothing'}")
    return EXIT_FAILED if failed else 0


def _interrupt(_number: int, _frame: object) -> None:
    sys.exit(EXIT_INTERRUPTED)  # the part that runs has had the signal, too


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.benchmarks",
        description="Run all benchmarks, and write docs/benchmarks.md and the costs that `kaibo "
        "capacity` uses. Takes about half an hour, on a machine that has nothing else to do.",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a trial of a few minutes, into build/bench-quick; judges nothing, changes no page",
    )
    parser.add_argument(
        "--only", action="append", type=Part, choices=list(Part), help="only this part; repeats"
    )
    parser.add_argument(
        "--page", action="store_true", help="run nothing: publish what build/ has already"
    )
    return parser


if __name__ == "__main__":
    main()
