"""The `kaibo` command: demo, serve, audit, token, sale. Thin: it reads words and calls parts.

Every setting is a flag of every command that uses settings, made from `server.settings`.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from inventory.store import InventoryError
from rooms.broker import RoomsError
from server.cli import commands
from server.embedded import EmbeddedError
from server.settings import Settings, SettingsError, describe, environ_name, flag_name

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
    flags = {name: options.pop(name) for name in Settings.__struct_fields__ if name in options}
    try:
        settings = Settings.load(**flags)
        with asyncio.Runner(loop_factory=commands.event_loop) as runner:
            status = runner.run(run(settings, **options))
    except SettingsError as error:
        sys.exit(_say(error, EXIT_USAGE))
    except (EmbeddedError, InventoryError, RoomsError, OSError) as error:
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
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_serving(subparsers)
    _add_token(subparsers)
    _add_audit(subparsers)
    _add_sale(subparsers)
    return parser


def _add_serving(subparsers: Subparsers) -> None:
    demo = _command(
        subparsers,
        "demo",
        commands.demo,
        "Open a room with live test video, three products and a flash sale ready to start.",
    )
    _add_settings(demo)
    serve = _command(subparsers, "serve", commands.serve, "Run the server until Ctrl-C.")
    _add_settings(serve)


def _add_token(subparsers: Subparsers) -> None:
    token = _command(
        subparsers, "token", commands.token, "Print a signed token for one room and one role."
    )
    token.add_argument("--room", required=True, help="the room it works in; it need not exist yet")
    token.add_argument("--role", choices=("host", "viewer"), default="viewer")
    token.add_argument("--user-id", help="who it is for; default: a new id")
    token.add_argument("--name", help="the name others see; default: Host or Guest")
    _add_settings(token)


def _add_audit(subparsers: Subparsers) -> None:
    audit = _command(
        subparsers,
        "audit",
        commands.audit,
        "Check that Redis, outbox and SQL agree: total = available + held + sold, every paid "
        "order in SQL. Prints every difference; exit status 1 if there is one.",
    )
    audit.add_argument("--room", help="only this room; default: all")
    _add_settings(audit)


def _add_sale(subparsers: Subparsers) -> None:
    sale = subparsers.add_parser("sale", help="Create, start, end, restock and list sales.")
    acts = sale.add_subparsers(metavar="ACT", required=True)
    create = _act(acts, "create", "put_sale", "Create a sale of a product.")
    create.add_argument("--product", dest="product_id", required=True)
    create.add_argument("--price-cents", type=int, required=True)
    create.add_argument("--units", dest="total_units", type=int, required=True)
    create.add_argument("--per-buyer", dest="per_buyer_max", type=int, default=1)
    create.add_argument("--hold-s", dest="hold_duration_s", type=int, default=120)
    start = _act(acts, "start", "start_sale", "Start a sale with a countdown.")
    start.add_argument("--countdown-s", type=int, default=10)
    start.add_argument("--duration-s", type=int, default=300)
    _act(acts, "end", "end_sale", "End a sale now; holds already given stay payable.")
    restock = _act(acts, "restock", "restock", "Add units, or cut unheld ones (negative).")
    restock.add_argument("--units", type=int, required=True)
    restock.add_argument("--restock-id", help="the UUIDv7 of an earlier try, to repeat it safely")
    listing = _command(acts, "list", commands.list_sales, "List a room's sales and their stock.")
    listing.add_argument("--room", required=True)
    _add_settings(listing)


def _act(acts: Subparsers, name: str, op: str, help_text: str) -> argparse.ArgumentParser:
    parser = _command(acts, name, commands.change_sale, help_text)
    parser.set_defaults(op=op)
    parser.add_argument("--room", required=True)
    parser.add_argument("--sale", dest="sale_id", required=True)
    _add_settings(parser)
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


def _add_settings(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("settings")
    for name in Settings.__struct_fields__:
        default = Settings.__struct_defaults__[Settings.__struct_fields__.index(name)]
        shown = f" (default {default})" if default != "" else ""
        group.add_argument(
            flag_name(name),
            dest=name,
            metavar="VALUE",
            help=f"{describe(name)}{shown} [{environ_name(name)}]",
        )
    group.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), default="warning"
    )
