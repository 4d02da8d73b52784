"""The commands of `python -m loadtests`. Each is added by a function of its own module.

Exit status: 0 every promise was kept, 1 one was broken or nothing tested it, 2 it could not be run,
130 it was interrupted.
"""

import argparse
import signal
import sys
from collections.abc import Sequence

from loadtests.errors import LoadError
from loadtests.report_page.commands import add_commands
from loadtests.run import add_run
from loadtests.scenario import load, names

EXIT_NOT_RUN = 2
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Obey one command and exit with its status."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        sys.exit(options.run(options))
    except LoadError as error:
        print(f"loadtests: {error}", file=sys.stderr)
        sys.exit(EXIT_NOT_RUN)


def list_scenarios(_: argparse.Namespace) -> int:
    for name in names():
        print(f"{name:22} {load(name)[1].text}")
    return 0


def _interrupt(_number: int, _frame: object) -> None:
    sys.exit(EXIT_INTERRUPTED)  # through every `finally`, so that a started server is stopped


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests",
        description="Put a server under a scenario's load, and check every promise against what"
        " each client was told. Exit status: 0 every promise was kept, 1 one was broken or nothing"
        " tested it, 2 the run could not be made.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_run(commands)
    listing = commands.add_parser("list", help="the scenarios that come with Kaibo")
    listing.set_defaults(run=list_scenarios)
    add_commands(commands)
    return parser
