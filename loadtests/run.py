"""`python -m loadtests run SCENARIO`: one scenario against a server, and the oracle's verdict.

Without --target the server is the run's own, on a temporary folder.
"""

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from locust.env import Environment

from loadtests.bench.machine import allow_files
from loadtests.conduct import Audit, Ran, Stage, Target, network_of
from loadtests.errors import LoadError
from loadtests.host import Host
from loadtests.own_server import Kaibo, own_server
from loadtests.people.everybody import count_of, people_of
from loadtests.people.following import Following
from loadtests.progress import say
from loadtests.scenario import Scenario, load
from loadtests.shapes import shape_of
from loadtests.show import ROOM_ID, Show
from loadtests.telling import keep, result_of

EXTENSION_S_MIN = 3
SOCKETS_MAX = "200000"  # all of them come from one address


class NeedsOwnServer(LoadError):
    def __init__(self, faults: list[str]) -> None:
        super().__init__(
            f"the scenario has faults that only a server of the run's own can be given"
            f" ({', '.join(faults)}): leave --target out, or take them out of the scenario"
        )


def run(options: argparse.Namespace) -> int:
    """Run once; the exit status. Raises LoadError."""
    name, scenario = load(options.scenario)
    if options.target and scenario.needs_own_server:
        raise NeedsOwnServer(scenario.needs_own_server)
    allow_files(
        scenario.viewers + 2 * (scenario.buyers + scenario.scalpers * scenario.scalper_tabs)
    )
    show = Show(name, scenario, options.room)
    with (
        _target(options, scenario) as target,
        contextlib.closing(Host(target.url, target.host_token, show.room_id, scenario)) as host,
    ):
        result = result_of(show, target, perform(show, target, host))
    keep(show, result, options.out)
    return result.exit_status


def perform(show: Show, target: Target, host: Host) -> Ran:
    """The show on a locust runner of our own. Raises LoadError."""
    scenario = show.scenario
    with network_of(scenario, target) as network:
        stage = Stage(show, target, host, network)
        stage.prepare()
        environment = Environment(
            user_classes=people_of(show, host),
            host=network.url if network else target.url,
            shape_class=Following(shape_of(scenario), count_of(show)),
        )
        runner = environment.create_local_runner()
        say(f"{show.name}: {scenario.viewers} viewers, {show.buyers} buyers at {target.words}")
        show.start_clock()
        runner.start_shape()
        try:
            return stage.run(runner.stop)
        finally:
            runner.quit()


@contextlib.contextmanager
def _target(options: argparse.Namespace, scenario: Scenario) -> Iterator[Target]:
    room_id = options.room
    if options.target:
        audit = _audit_of(options.data_dir, room_id)
        url = options.target.rstrip("/")
        yield Target(url, options.host_token, url, audit)
        return
    say("starting a server on a temporary folder")
    extension_s = max(EXTENSION_S_MIN, scenario.hold_s // 2)
    words = ["--workers", str(scenario.workers), "--extension-s", str(extension_s)]
    words += ["--connections-max", SOCKETS_MAX, "--connections-per-address-max", SOCKETS_MAX]
    with own_server(*words) as own:
        token = own.kaibo.host_token(room_id)
        told = f"own server, {scenario.workers} workers"
        yield Target(own.url, token, told, lambda: own.kaibo.audit(room_id), own)


def _audit_of(data_dir: Path | None, room_id: str) -> Audit:
    if data_dir is None:
        return lambda: None
    kaibo = Kaibo(data_dir)
    return lambda: kaibo.audit(room_id)


def add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command's words."""
    parser = commands.add_parser(
        "run",
        help="run one scenario",
        description="Run one scenario. Starts a server of its own on a temporary folder unless"
        " --target names one.",
    )
    parser.add_argument("scenario", help="a name that `list` shows, or the path of a TOML file")
    parser.add_argument("--out", type=Path, help="the run's folder (default build/loadtests/...)")
    running = parser.add_argument_group("a server that runs already")
    running.add_argument("--target", help="its address, as http://127.0.0.1:8000")
    running.add_argument(
        "--host-token", help=f"as `kaibo token --role host --room {ROOM_ID}` prints it"
    )
    running.add_argument("--room", default=ROOM_ID, help=f"the token's room (default {ROOM_ID})")
    running.add_argument(
        "--data-dir", type=Path, help="its data folder, to run `kaibo audit` on; else not audited"
    )
    parser.set_defaults(run=checked_run, parser=parser)


def checked_run(options: argparse.Namespace) -> int:
    if options.target and not options.host_token:
        options.parser.error(
            f"--target needs --host-token: kaibo token --role host --room {options.room}"
        )
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return run(options)
