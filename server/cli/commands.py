"""What each `kaibo` command does, as a coroutine that returns the exit status."""

import asyncio
import contextlib
import datetime as dt
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any, Literal

import msgspec
import uvloop
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from inventory.audit.reconcile import in_words
from inventory.redis_store.verdicts import Verdict
from inventory.uuid7 import uuid7
from server.app import make_desk, make_tokens, serving, supervised
from server.clock import now_ms
from server.connecting import migrate_sql, require_data
from server.demo import DEMO_ROOM_ID, PICTURES, PICTURES_URL, seed
from server.embedded.video import TestVideo
from server.reconciling import audit_rooms, make_reconciler
from server.serving import local_url
from server.settings import Settings
from server.stores import Stores, open_stores
from server.tokens import Caller, Tokens, secret_path
from server.wire.codec import convert
from server.wire.commands import COMMANDS
from server.wire.events import ErrorBody

OPERATOR = "operator"  # the user id under which the command line acts in a room


def event_loop() -> asyncio.AbstractEventLoop:
    return uvloop.new_event_loop()


async def serve(settings: Settings) -> int:
    if settings.workers > 1:
        return await _serve_with_workers(settings)
    async with serving(settings) as (running, stopped):
        print(f"Kaibo is serving at {running.public_url}  (Ctrl-C stops it)", flush=True)
        await stopped
    return 0


async def _serve_with_workers(settings: Settings) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with supervised(settings) as supervisor:
        print(
            f"Kaibo is serving at {supervisor.public_url} with {settings.workers} workers"
            "  (Ctrl-C stops it, SIGHUP replaces them)",
            flush=True,
        )
        await supervisor.run(stopping)
    return 0


async def demo(settings: Settings) -> int:
    pictures = Mount(PICTURES_URL, app=StaticFiles(directory=PICTURES))
    video = TestVideo(settings.data_path / "media", DEMO_ROOM_ID, "Kaibo demo")
    async with serving(settings, [pictures]) as (running, stopped), video.playing():
        await seed(running.live.dispatcher.handle, now_ms)
        _print_links(running.live.tokens, running.public_url)
        await stopped
    print("Stopped. `make demo` again finds the orders made so far.", flush=True)
    return 0


def _print_links(tokens: Tokens, public_url: str) -> None:
    host = Caller(OPERATOR, "Host", "host", DEMO_ROOM_ID)
    token, _ = tokens.issue(host, now_ms() // 1000)
    print(
        "\n"
        "  Kaibo is live.\n\n"
        f"  Viewer   {public_url}/r/{DEMO_ROOM_ID}\n"
        f"  Host     {_host_link(public_url, DEMO_ROOM_ID, token)}\n"
        f"  Screen   {_host_link(public_url, DEMO_ROOM_ID, token, page='screen')}\n"
        f"  Health   {public_url}/health/ready\n\n"
        "  Open the viewer in one window and the host in another, then start the flash sale.\n"
        "  Ctrl-C stops it; orders are kept.\n",
        flush=True,
    )


def _host_link(public_url: str, room: str, token: str, page: str = "host") -> str:
    return f"{public_url}/{page}/{room}#token={token}"


async def token(
    settings: Settings,
    *,
    room: str,
    role: Literal["host", "viewer"],
    user_id: str | None,
    name: str | None,
) -> int:
    """The token alone on stdout, for scripts; what a person wants to know on stderr."""
    has_key = bool(settings.token_secret) or secret_path(settings).exists()
    tokens = make_tokens(settings)
    if not has_key:
        _say(f"a new signing key was made: {secret_path(settings)}")
    default_name = "Host" if role == "host" else "Guest"
    caller = Caller(user_id or f"u_{secrets.token_hex(8)}", name or default_name, role, room)
    issued, _ = tokens.issue(caller, now_ms() // 1000)
    print(issued)
    url = settings.public_url.rstrip("/") or local_url(settings.host, settings.port)
    if role == "host" and (settings.public_url or settings.port):
        _say(f"the host's page: {_host_link(url, room, issued)}")
        _say(f"the data screen: {_host_link(url, room, issued, page='screen')}")
    return 0


async def audit(settings: Settings, *, room: str | None) -> int:
    async with existing_stores(settings) as stores:
        known = await asyncio.to_thread(stores.catalogue.room_ids)
        if room is not None and room not in known:
            return no_room(room, known)
        report = await audit_rooms(stores, [room] if room else sorted(known))
    print("\n".join(report.lines()))
    return 0 if report.ok else 1


async def reconcile(settings: Settings) -> int:
    async with existing_stores(settings) as stores:
        await make_reconciler(stores).run(_say_verdict)
    return 0


def _say_verdict(verdict: Verdict) -> None:
    at = dt.datetime.fromtimestamp(verdict.at_ms / 1000, dt.UTC)
    print(f"{at:%Y-%m-%d %H:%M:%S} UTC  {in_words(verdict)}", flush=True)


async def migrate(settings: Settings) -> int:
    settings.make_data_folder()
    done = await migrate_sql(settings)
    if done:
        print(f"The database is at revision {done[-1]} now; done: {', '.join(done)}")
    else:
        print("The database is up to date; nothing was done")
    return 0


async def list_sales(settings: Settings, *, room: str) -> int:
    async with existing_stores(settings) as stores:
        known = await asyncio.to_thread(stores.catalogue.room_ids)
        if room not in known:
            return no_room(room, known)
        pools = await stores.store.pools(room)
    print(f"{'sale':20} {'product':20} {'total':>7} {'available':>9} {'held':>6} {'sold':>6}")
    for pool in pools:
        print(
            f"{pool.sale_id:20} {pool.product_id:20} {pool.total:7} {pool.available:9} "
            f"{pool.held:6} {pool.sold:6}"
        )
    return 0


async def change_sale(settings: Settings, *, op: str, room: str, **body: Any) -> int:
    """Through the same desk as a running server's commands; its relay tells the viewers."""
    if op == "restock" and body["restock_id"] is None:
        body["restock_id"] = uuid7(now_ms(), os.urandom(10))
    command = convert(body, COMMANDS[op])
    if isinstance(command, ErrorBody):
        return fail(command.message)
    async with existing_stores(settings) as stores:
        operator = Caller(OPERATOR, "Operator", "host", room)
        answer = await make_desk(stores).dispatcher.handle(operator, op, command)
    if isinstance(answer, ErrorBody):
        return fail(f"{answer.message} ({answer.code})")
    print(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
    return 0


@contextlib.asynccontextmanager
async def existing_stores(settings: Settings) -> AsyncIterator[Stores]:
    """The stores of a server that has run. Raises SettingsError where there are none."""
    require_data(settings)
    async with open_stores(settings) as stores:
        yield stores


def no_room(room: str, known: list[str]) -> int:
    return fail(f"there is no room {room}; rooms: {', '.join(sorted(known)) or 'none yet'}")


def _say(message: str) -> None:
    print(f"kaibo: {message}", file=sys.stderr)


def fail(message: str) -> int:
    _say(message)
    return 1
