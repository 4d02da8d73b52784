"""The `kaibo` command: demo, serve, audit, rebuild, reconcile, migrate, token, sale,
refund, capacity.

Thin: it reads words and calls parts. Every setting is a flag of every command, made from
`server.settings`. A command's own flags are validated with the wire's own types, so that a wrong
one is told by the flag's name.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec

from inventory.payments.port import RefundState
from inventory.store import InventoryError
from rooms.broker import RoomsError
from server.cli import capacity, commands, rebuilding, refunds
from server.cli.flags import add_settings, of
from server.embedded import EmbeddedError
from server.serving import CannotListen
from server.settings import Settings, SettingsError
from server.wire.commands import PutSale, Restock, StartSale
from server.wire.fields import Id, Name, UnitsDelta

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

EXIT_FAILED = 1
EXIT_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its status."""
    options = vars(_parser().parse_args(arguments))
    run = options.pop("run")
    logging.basicConfig(
        level=options.pop("log_level").upper(),
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("websockets").setLevel(logging.INFO)  # below, it logs headers with tokens
    flags = {name: options.pop(name) for name in Settings.__struct_fields__ if name in options}
    try:
        settings = Settings.load(**flags)
        with asyncio.Runner(loop_factory=commands.event_loop) as runner:
            status = runner.run(run(settings, **options))
    except SettingsError as error:
        sys.exit(_say(error, EXIT_USAGE))
    except (EmbeddedError, InventoryError, RoomsError, CannotListen, OSError) as error:
        sys.exit(_say(error, EXIT_FAILED))
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(status)


def _say(error: Exception, status: int) -> int:
    print(f"kaibo: {error}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kaibo",
        description="Live-stream selling and real-time interaction server.",
        epilog="Start with: kaibo demo. Every setting can also come from the environment: "
        "KAIBO_PORT=9000 is --port 9000.",
    )
    parser.add_argument("--version", action="version", version=f"kaibo {_version()}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_serving(subparsers)
    _add_token(subparsers)
    _add_audit(subparsers)
    _add_rebuild(subparsers)
    _add_reconcile(subparsers)
    _add_migrate(subparsers)
    _add_sale(subparsers)
    _add_refund(subparsers)
    _add_capacity(subparsers)
    return parser


def _version() -> str:
    try:
        return version("kaibo")
    except PackageNotFoundError:
        return "of a folder that is not installed"


def _add_serving(subparsers: Subparsers) -> None:
    demo = _command(
        subparsers,
        "demo",
        commands.demo,
        "Open a room with live test video, three products and a flash sale ready to start.",
    )
    add_settings(demo)
    serve = _command(subparsers, "serve", commands.serve, "Run the server until Ctrl-C.")
    add_settings(serve)


def _add_token(subparsers: Subparsers) -> None:
    token = _command(
        subparsers,
        "token",
        commands.token,
        "Print a signed token for one room and one role; for a host also, on stderr, the links to "
        "the host's page and to the data screen.",
    )
    _add_room(token, "the room it works in; it need not exist yet")
    token.add_argument(
        "--role",
        choices=("host", "viewer"),
        default="viewer",
        help="what it may do there (default viewer)",
    )
    token.add_argument(
        "--user-id", type=of(Id), metavar="ID", help="who it is for (default: a new id)"
    )
    token.add_argument("--name", type=of(Name), help="the name others see (default: Host or Guest)")
    add_settings(token)


def _add_audit(subparsers: Subparsers) -> None:
    audit = _command(
        subparsers,
        "audit",
        commands.audit,
        "Check that Redis, outbox and SQL agree: total = available + held + sold, every paid "
        "order in SQL. Prints every difference; exit status 1 if there is one.",
    )
    audit.add_argument("--room", type=of(Id), help="only this room (default: all)")
    add_settings(audit)


def _add_rebuild(subparsers: Subparsers) -> None:
    rebuild = _command(
        subparsers,
        "rebuild",
        rebuilding.rebuild,
        "Redis has lost sales or holds: restore them from SQL, under a new epoch. Rooms in which "
        "nothing is lost are left alone. May run beside a server and may be run again.",
    )
    rebuild.add_argument("--room", type=of(Id), help="only this room (default: all)")
    rebuild.add_argument(
        "--dry-run", action="store_true", help="say what is lost, and change nothing"
    )
    rebuild.add_argument(
        "--force",
        action="store_true",
        help="also where nothing is lost: Redis becomes what SQL says, and what only Redis has "
        "is dropped",
    )
    add_settings(rebuild)


def _add_reconcile(subparsers: Subparsers) -> None:
    reconcile = _command(
        subparsers,
        "reconcile",
        commands.reconcile,
        "Audit again and again until Ctrl-C, as a running server does by itself, and say after "
        "each round what was found. Differences are named in the log.",
    )
    add_settings(reconcile)


def _add_capacity(subparsers: Subparsers) -> None:
    planning = _command(
        subparsers,
        "capacity",
        capacity.capacity,
        "How many workers and Redis servers an audience needs, how much memory and network, by "
        "the costs that `make bench` measured. Says what it assumes; touches nothing.",
    )
    capacity.add_flags(planning)
    add_settings(planning)


def _add_migrate(subparsers: Subparsers) -> None:
    migrate = _command(
        subparsers,
        "migrate",
        commands.migrate,
        "Bring the database to the schema of this version. SQLite files are brought to it by "
        "every start, too; PostgreSQL only by this command.",
    )
    add_settings(migrate)


def _add_sale(subparsers: Subparsers) -> None:
    sale = subparsers.add_parser("sale", help="Create, start, end, restock and list sales.")
    acts = sale.add_subparsers(metavar="ACT", required=True)
    _add_create(acts)
    _add_start(acts)
    end = _act(acts, "end", "end_sale", "End a sale now; holds already given stay payable.")
    add_settings(end)
    pause = _act(acts, "pause", "pause_sale", "Sell nothing for a while; holds stay payable.")
    add_settings(pause)
    resume = _act(acts, "resume", "resume_sale", "Sell again after a pause.")
    add_settings(resume)
    _add_restock(acts)
    listing = _command(acts, "list", commands.list_sales, "List a room's sales and their stock.")
    _add_room(listing)
    add_settings(listing)


def _add_refund(subparsers: Subparsers) -> None:
    refund = subparsers.add_parser("refund", help="See what goes back to buyers; handle failures.")
    acts = refund.add_subparsers(metavar="ACT", required=True)
    listing = _command(acts, "list", refunds.list_refunds, "List a room's refunds.")
    _add_room(listing)
    listing.add_argument("--state", choices=list(RefundState), help="only those (default: all)")
    add_settings(listing)
    retry = _command(acts, "retry", refunds.retry, "Send a refund that has failed once more.")
    _add_refund_id(retry)
    add_settings(retry)
    close = _command(
        acts, "close", refunds.close, "Note that you have paid a failed refund back by other means."
    )
    _add_refund_id(close)
    close.add_argument("--note", required=True, help="how and when, for those who look later")
    add_settings(close)


def _add_refund_id(parser: argparse.ArgumentParser) -> None:
    _add_room(parser)
    parser.add_argument(
        "--refund", dest="refund_id", type=of(Id), metavar="ID", required=True, help="the refund"
    )


def _add_create(acts: Subparsers) -> None:
    create = _act(acts, "create", "put_sale", "Create a sale of a product.")
    _add_field(create, "--product", PutSale, "product_id", "the product it sells", "ID")
    _add_field(create, "--price-cents", PutSale, "price_cents", "the price of one unit", "CENTS")
    _add_field(create, "--units", PutSale, "total_units", "how many there are", "N")
    _add_field(create, "--per-buyer", PutSale, "per_buyer_max", "how many one buyer may have", "N")
    _add_field(
        create, "--hold-s", PutSale, "hold_duration_s", "how long a unit is held unpaid", "SECONDS"
    )
    add_settings(create)


def _add_start(acts: Subparsers) -> None:
    start = _act(acts, "start", "start_sale", "Start a sale with a countdown.")
    _add_field(start, "--countdown-s", StartSale, "countdown_s", "time until it opens", "SECONDS")
    _add_field(start, "--duration-s", StartSale, "duration_s", "how long it is open", "SECONDS")
    add_settings(start)


def _add_restock(acts: Subparsers) -> None:
    restock = _act(acts, "restock", "restock", "Add units, or cut unheld ones (negative).")
    restock.add_argument(
        "--units", type=_units_delta, metavar="N", required=True, help="how many more, or fewer"
    )
    restock.add_argument(
        "--restock-id",
        type=of(_type_of(Restock, "restock_id")),
        metavar="UUIDV7",
        help="the id of an earlier try, to repeat it safely (default: a new one)",
    )
    add_settings(restock)


def _act(acts: Subparsers, name: str, op: str, help_text: str) -> argparse.ArgumentParser:
    parser = _command(acts, name, commands.change_sale, help_text)
    parser.set_defaults(op=op)
    _add_room(parser)
    parser.add_argument(
        "--sale", dest="sale_id", type=of(Id), metavar="ID", required=True, help="the sale"
    )
    return parser


def _command(
    subparsers: Subparsers,
    name: str,
    run: object,
    help_text: str,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name, help=help_text, description=help_text
    )
    parser.set_defaults(run=run)
    return parser


def _add_room(parser: argparse.ArgumentParser, help_text: str = "the room it is in") -> None:
    parser.add_argument("--room", type=of(Id), required=True, help=help_text)


def _add_field(
    parser: argparse.ArgumentParser,
    flag: str,
    command: type[msgspec.Struct],
    field: str,
    help_text: str,
    metavar: str,
) -> None:
    """A flag for a command's field, with its limits and its default."""
    info = next(it for it in msgspec.structs.fields(command) if it.name == field)
    shown = "" if info.required else f" (default {info.default})"
    parser.add_argument(
        flag,
        dest=field,
        type=of(_type_of(command, field)),
        default=None if info.required else info.default,
        required=info.required,
        metavar=metavar,
        help=help_text + shown,
    )


def _type_of(command: type[msgspec.Struct], field: str) -> Any:
    return get_type_hints(command, include_extras=True)[field]


def _units_delta(text: str) -> int:
    units: int = of(UnitsDelta)(text)
    if units == 0:
        raise argparse.ArgumentTypeError("0 changes nothing")
    return units
