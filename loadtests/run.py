"""`python -m loadtests`: one countdown rush against a server, and the oracle's verdict on it.

Exit status: 0 no promise was broken, 1 one was, 2 it could not be run, 130 it was interrupted.
"""

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from locust.env import Environment

from loadtests.conduct import Audit, conduct
from loadtests.errors import LoadError
from loadtests.host import Host
from loadtests.own_server import Kaibo, own_server
from loadtests.progress import say
from loadtests.report import Report, keep
from loadtests.rush import ROOM_ID, Rush, Terms, new_terms
from loadtests.users import buyers_of

EXIT_BROKEN = 1
EXIT_NOT_RUN = 2
EXIT_INTERRUPTED = 130
SPAWNED_PER_S = 100.0


class Target(NamedTuple):
    """The server of a run: where it is, who may host, how it is audited."""

    url: str
    host_token: str
    audit: Audit


def main(arguments: Sequence[str] | None = None) -> None:
    """Run once and exit with the status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.url and not options.host_token:
        parser.error(f"--url needs --host-token: kaibo token --role host --room {options.room}")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        report = run(options)
    except LoadError as error:
        print(f"loadtests: {error}", file=sys.stderr)
        sys.exit(EXIT_NOT_RUN)
    sys.exit(EXIT_BROKEN if report.is_broken else 0)


def run(options: argparse.Namespace) -> Report:
    """The rush that `options` ask for. Raises LoadError."""
    terms = new_terms(options.room, options.buyers, options.units)
    with _target(options) as target:
        rush, report = _rush(terms, target)
    keep(options.out, rush, report)
    return report


def _rush(terms: Terms, target: Target) -> tuple[Rush, Report]:
    rush = Rush(terms)
    with contextlib.closing(Host(target.url, target.host_token, terms)) as host:
        host.prepare()
        environment = Environment(user_classes=buyers_of(rush), host=target.url)
        runner = environment.create_local_runner()
        say(f"{terms.buyers} buyers for {terms.units} units at {target.url}")
        runner.start(terms.buyers, spawn_rate=SPAWNED_PER_S)
        try:
            return rush, conduct(rush, host, runner, target.audit, say)
        finally:
            runner.quit()


@contextlib.contextmanager
def _target(options: argparse.Namespace) -> Iterator[Target]:
    if options.url:
        yield Target(options.url.rstrip("/"), options.host_token, _audit_of(options))
        return
    say("starting a server on a temporary folder")
    with own_server() as (url, kaibo):
        yield Target(url, kaibo.host_token(options.room), lambda: kaibo.audit(options.room))


def _audit_of(options: argparse.Namespace) -> Audit:
    if options.data_dir is None:
        return lambda: None
    kaibo = Kaibo(options.data_dir)
    return lambda: kaibo.audit(options.room)


def _interrupt(_number: int, _frame: object) -> None:
    sys.exit(EXIT_INTERRUPTED)  # through every `finally`, so that a started server is stopped


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests",
        description="Let buyers rush for the units of one flash sale over WebSocket, then check "
        "every promise against what each of them was told. Starts a server of its own on a "
        "temporary folder unless --url names one. Exit status: 0 no promise was broken, 1 one "
        "was, 2 the run could not be made.",
    )
    parser.add_argument("--buyers", type=_count, default=300, help="how many come (default 300)")
    parser.add_argument("--units", type=_count, default=100, help="what they want (default 100)")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("build/load.json"),
        help="where the report goes; each buyer's record goes beside it (default build/load.json)",
    )
    running = parser.add_argument_group("a server that runs already")
    running.add_argument("--url", help="its address, as http://127.0.0.1:8000")
    running.add_argument(
        "--host-token", help=f"as `kaibo token --role host --room {ROOM_ID}` prints it"
    )
    running.add_argument("--room", default=ROOM_ID, help=f"the token's room (default {ROOM_ID})")
    running.add_argument(
        "--data-dir", type=Path, help="its data folder, to run `kaibo audit` on; else not audited"
    )
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{count} is not 1 or more")
    return count
