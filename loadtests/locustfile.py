"""The same run under locust's own command line and web UI.

    locust -f loadtests/locustfile.py --host http://127.0.0.1:8000 --host-token ... --scenario NAME

The shape comes from the scenario; the swarm runs beside locust. The oracle judges when all are
done; headless, the exit status is its verdict. All people live in one process, where the oracle
reads their records, so not with --master or --processes.
"""

import logging
import threading
from typing import Any

from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import Runner

from loadtests.conduct import Stage, Target
from loadtests.errors import LoadError
from loadtests.host import Host
from loadtests.people import following  # its class would be taken for the shape
from loadtests.people.buyers import (
    Abandoner,
    Canceller,
    DoublePayer,
    Doubler,
    Dropper,
    Greedy,
    Lapser,
    LatePayer,
    Payer,
    Waiter,
)
from loadtests.people.everybody import count_of
from loadtests.people.scalper import Scalper
from loadtests.people.stage_host import StageHost
from loadtests.people.talker import Talker, talkers_of
from loadtests.progress import say
from loadtests.run import NeedsOwnServer
from loadtests.scenario import load
from loadtests.shapes import shape_of
from loadtests.show import ROOM_ID, Show
from loadtests.telling import keep, result_of

EXIT_NOT_RUN = 2
DEFAULT_SCENARIO = "slow_burn"

SHOW = Show("none yet", load(DEFAULT_SCENARIO)[1])  # begun anew with the options at each start

BUYERS = (
    Payer, Greedy, Doubler, Dropper, Canceller, Lapser, Abandoner, LatePayer, DoublePayer, Waiter,
)  # fmt: skip
EVERYBODY: tuple[type[Any], ...] = (StageHost, Talker, Scalper, *BUYERS)


def call_in(everybody: tuple[type[Any], ...]) -> None:
    """Locust looks for classes in this file that are not abstract."""
    for kind in everybody:
        kind.abstract, kind.show = False, SHOW


call_in(EVERYBODY)
logging.getLogger("httpx").setLevel(logging.WARNING)  # locust shows what it logs


class FromScenario(following.Following):
    """The shape that the scenario names, chosen when the test starts."""


def add_options(parser: LocustArgumentParser) -> None:
    parser.add_argument(
        "--scenario", default=DEFAULT_SCENARIO, help="its name, or the path of a TOML file"
    )
    parser.add_argument(
        "--host-token",
        env_var="KAIBO_HOST_TOKEN",
        is_secret=True,
        default="",
        help=f"as `kaibo token --role host --room {ROOM_ID}` prints it",
    )
    parser.add_argument("--room", default=ROOM_ID, help="the room that the host's token is for")


def begin(environment: Environment) -> None:
    """Prepare the sales before the first buyer comes, and conduct the show beside the people."""
    options, runner = environment.parsed_options, environment.runner
    assert options is not None and runner is not None and environment.host is not None
    try:
        name, scenario = load(options.scenario)
        if scenario.needs_own_server:
            raise NeedsOwnServer(scenario.needs_own_server)
        SHOW.begin(name, scenario, options.room)
        url = environment.host.rstrip("/")
        host = Host(url, options.host_token, SHOW.room_id, scenario)
        stage = Stage(SHOW, Target(url, options.host_token, url, lambda: None), host, None)
        stage.prepare()
    except LoadError as error:
        _give_up(environment, error)
        return
    _cast(host)
    shape = environment.shape_class
    assert isinstance(shape, FromScenario)
    shape.shape, shape.people = shape_of(scenario), count_of(SHOW)
    shape.reset_time()  # type: ignore[no-untyped-call]
    SHOW.start_clock()
    threading.Thread(target=_conduct, args=(environment, runner, host, stage), daemon=True).start()


def _cast(host: Host) -> None:
    """How many of each come."""
    StageHost.desk = host
    StageHost.fixed_count = 1
    Talker.talkers = Talker.fixed_count = max(1, talkers_of(SHOW.scenario))
    Scalper.weight = 0
    if SHOW.scenario.scalpers:
        Scalper.fixed_count = SHOW.scenario.scalpers


def _conduct(environment: Environment, runner: Runner, host: Host, stage: Stage) -> None:
    try:
        ran = stage.run(lambda: None)  # stopping locust now would end it before the verdict
    except LoadError as error:
        _give_up(environment, error)
        return
    finally:
        host.close()
    result = result_of(SHOW, Target(host.base_url, "", host.base_url, lambda: None), ran)
    keep(SHOW, result)
    environment.process_exit_code = result.exit_status
    end = runner.quit if environment.web_ui is None else runner.stop
    end()


def _give_up(environment: Environment, error: LoadError) -> None:
    say(f"the scenario cannot be run: {error}")
    environment.process_exit_code = EXIT_NOT_RUN
    assert environment.runner is not None
    # `quit` ends the greenlet that is starting the test, so it must not be called in that one.
    threading.Thread(target=environment.runner.quit, daemon=True).start()


# locust's hooks have no types.
events.init_command_line_parser.add_listener(add_options)  # type: ignore[no-untyped-call]
events.test_start.add_listener(begin)  # type: ignore[no-untyped-call]
