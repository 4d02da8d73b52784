"""The same rush under locust's own command line and web UI.

    locust -f loadtests/locustfile.py --host http://127.0.0.1:8000 --host-token ... -u 300 -r 100

The oracle judges when all buyers are done; headless, the exit status is its verdict. All buyers
live in one process: the oracle reads their records there, so not with --master or --processes.
"""

import threading
from pathlib import Path

from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from loadtests.conduct import conduct
from loadtests.errors import LoadError
from loadtests.host import Host
from loadtests.progress import say
from loadtests.report import keep
from loadtests.run import EXIT_BROKEN, EXIT_NOT_RUN
from loadtests.rush import ROOM_ID, Rush, new_terms
from loadtests.users import buyers_of

REPORT_PATH = Path("build/load.json")
RUSH = Rush(new_terms(ROOM_ID, buyers=1, units=1))  # begun anew with the options at each start

Payer, Greedy, Doubler, Dropper, Canceller, Lapser = buyers_of(RUSH)


def add_options(parser: LocustArgumentParser) -> None:
    parser.add_argument(
        "--host-token",
        env_var="KAIBO_HOST_TOKEN",
        is_secret=True,
        default="",
        help=f"as `kaibo token --role host --room {ROOM_ID}` prints it",
    )
    parser.add_argument("--room", default=ROOM_ID, help="the room that the host's token is for")
    parser.add_argument("--units", type=int, default=100, help="how many units are sold")


def begin(environment: Environment) -> None:
    """Prepare the sale before the first buyer comes, and conduct the rush beside the buyers."""
    options, runner = environment.parsed_options, environment.runner
    assert options is not None and runner is not None and environment.host is not None
    RUSH.begin(new_terms(options.room, runner.target_user_count, options.units))
    host = Host(environment.host.rstrip("/"), options.host_token, RUSH.terms)
    try:
        host.prepare()
    except LoadError as error:
        _give_up(environment, error)
    else:
        threading.Thread(target=_conduct, args=(environment, host), daemon=True).start()


def _conduct(environment: Environment, host: Host) -> None:
    assert environment.runner is not None
    try:
        report = conduct(RUSH, host, environment.runner, lambda: None, say)
    except LoadError as error:
        _give_up(environment, error)
        return
    finally:
        host.close()
    keep(REPORT_PATH, RUSH, report)
    environment.process_exit_code = EXIT_BROKEN if report.is_broken else 0
    if environment.web_ui is None:
        environment.runner.quit()


def _give_up(environment: Environment, error: LoadError) -> None:
    say(f"the rush cannot be run: {error}")
    environment.process_exit_code = EXIT_NOT_RUN
    assert environment.runner is not None
    # `quit` ends the greenlet that is starting the test, so it must not be called in that one.
    threading.Thread(target=environment.runner.quit, daemon=True).start()


# locust's hooks have no types.
events.init_command_line_parser.add_listener(add_options)  # type: ignore[no-untyped-call]
events.test_start.add_listener(begin)  # type: ignore[no-untyped-call]
