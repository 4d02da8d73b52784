"""What each `kaibo` command does, as a coroutine that returns the exit status."""

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

import msgspec
import uvloop
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from inventory.audit import audit as run_audit
from inventory.payments.sandbox.provider import SandboxProvider
from inventory.uuid7 import uuid7
from rooms.likes import LikeCounter
from rooms.redis_broker.broker import RedisBroker
from server import jobs
from server.app import (
    Running,
    Stores,
    bind,
    local_url_of,
    make_dispatcher,
    open_server,
    open_stores,
)
from server.app import serve as serve_running
from server.clock import now_ms
from server.demo import DEMO_ROOM_ID, PICTURES, PICTURES_URL, seed
from server.dispatch import Dispatcher
from server.embedded.video import TestVideo
from server.settings import Settings
from server.supervisor import Supervisor
from server.together import together_on
from server.tokens import Caller, Tokens, load_secret
from server.wire.codec import convert
from server.wire.commands import COMMANDS
from server.wire.events import ErrorBody

OPERATOR = "operator"  # the user id under which the command line acts in a room


def event_loop() -> asyncio.AbstractEventLoop:
    return uvloop.new_event_loop()


@contextlib.asynccontextmanager
async def _running(
    settings: Settings, extra_routes: Sequence[BaseRoute] = ()
) -> AsyncIterator[tuple[Running, str, asyncio.Task[None]]]:
    """A server that answers, its public address, and the task that ends when it is stopped."""
    with contextlib.closing(bind(settings)) as listener:
        local_url = local_url_of(listener)
        public_url = settings.public_url.rstrip("/") or local_url
        async with (
            open_stores(settings, serving=True) as stores,
            open_server(stores, public_url, local_url, extra_routes) as running,
        ):
            stopped = asyncio.create_task(serve_running(running, listener))
            try:
                yield running, public_url, stopped
            finally:
                await jobs.end({stopped})


async def serve(settings: Settings) -> int:
    if settings.workers > 1:
        return await _serve_with_workers(settings)
    async with _running(settings) as (_, public_url, stopped):
        print(f"Kaibo is serving at {public_url}  (Ctrl-C stops it)", flush=True)
        await stopped
    return 0


async def _serve_with_workers(settings: Settings) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    # Bound but not listening: it keeps the port for the workers and takes no connection.
    with contextlib.closing(bind(settings, shared=True)) as placeholder:
        public_url = settings.public_url.rstrip("/") or local_url_of(placeholder)
        port = placeholder.getsockname()[1]
        async with open_stores(settings, serving=True) as stores:
            shared = msgspec.structs.replace(
                settings,
                redis_url=stores.redis_url,
                port=port,
                public_url=public_url,
                data_dir=str(settings.data_path),
            )
            load_secret(settings)  # made once, before several workers look for it
            supervisor = Supervisor(settings.workers, shared.environ())
            await supervisor.start()
            print(
                f"Kaibo is serving at {public_url} with {settings.workers} workers"
                "  (Ctrl-C stops it, SIGHUP reloads it)",
                flush=True,
            )
            await supervisor.run(stopping)
    return 0


async def demo(settings: Settings) -> int:
    pictures = Mount(PICTURES_URL, app=StaticFiles(directory=PICTURES))
    async with (
        _running(settings, [pictures]) as (running, public_url, stopped),
        _video(settings),
    ):
        await seed(running.live.dispatcher.handle, now_ms)
        _print_links(running.live.tokens, public_url)
        await stopped
    print("Stopped. `make demo` again finds the orders made so far.", flush=True)
    return 0


@contextlib.asynccontextmanager
async def _video(settings: Settings) -> AsyncIterator[None]:
    video = TestVideo(settings.data_path / "media", DEMO_ROOM_ID, "Kaibo demo")
    await video.start()
    try:
        async with jobs.running({"video": video.watch}):
            yield
    finally:
        await video.stop()


def _print_links(tokens: Tokens, public_url: str) -> None:
    host = Caller(OPERATOR, "Host", "host", DEMO_ROOM_ID)
    token, _ = tokens.issue(host, now_ms() // 1000)
    print(
        "\n"
        "  Kaibo is live.\n\n"
        f"  Viewer   {public_url}/r/{DEMO_ROOM_ID}\n"
        f"  Host     {public_url}/host/{DEMO_ROOM_ID}#token={token}\n"
        f"  Health   {public_url}/health/ready\n\n"
        "  Open the viewer in one window and the host in another, then start the flash sale.\n"
        "  Ctrl-C stops it; orders are kept.\n",
        flush=True,
    )


async def token(
    settings: Settings,
    *,
    room: str,
    role: Literal["host", "viewer"],
    user_id: str | None,
    name: str | None,
) -> int:
    tokens = _tokens(settings)
    default_name = "Host" if role == "host" else "Guest"
    caller = Caller(user_id or f"u_{secrets.token_hex(8)}", name or default_name, role, room)
    try:
        print(tokens.issue(caller, now_ms() // 1000)[0])
    except msgspec.ValidationError as error:
        return _fail(f"that cannot be in a token: {error}")
    return 0


async def audit(settings: Settings, *, room: str | None) -> int:
    async with open_stores(settings) as stores:
        known = [found.room_id for found in await asyncio.to_thread(stores.catalogue.rooms)]
        if room is not None and room not in known:
            return _fail(f"there is no room {room}; rooms: {', '.join(known) or 'none yet'}")
        report = await run_audit(
            stores.store,
            stores.outbox,
            stores.ledger,
            [room] if room else known,
            stores.writer.drain,
            stores.book,
        )
    print("\n".join(report.lines()))
    return 0 if report.ok else 1


async def list_sales(settings: Settings, *, room: str) -> int:
    async with open_stores(settings) as stores:
        pools = await stores.store.pools(room)
    print(f"{'sale':20} {'product':20} {'total':>7} {'available':>9} {'held':>6} {'sold':>6}")
    for pool in pools:
        print(
            f"{pool.sale_id:20} {pool.product_id:20} {pool.total:7} {pool.available:9} "
            f"{pool.held:6} {pool.sold:6}"
        )
    return 0


async def change_sale(settings: Settings, *, op: str, room: str, **body: Any) -> int:
    if op == "restock" and body["restock_id"] is None:
        body["restock_id"] = uuid7(now_ms(), os.urandom(10))
    command = convert(body, COMMANDS[op])
    if isinstance(command, ErrorBody):
        return _fail(command.message)
    async with open_stores(settings) as stores:
        answer = await _dispatcher(stores).handle(
            Caller(OPERATOR, "Operator", "host", room), op, command
        )
    if isinstance(answer, ErrorBody):
        return _fail(f"{answer.message} ({answer.code})")
    print(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
    return 0


def _dispatcher(stores: Stores) -> Dispatcher:
    """The same commands as a running server's; its relay tells the viewers."""
    secret = load_secret(stores.settings)
    broker = RedisBroker(stores.redis, events_kept=stores.settings.room_events_kept)
    url = stores.settings.public_url
    provider = SandboxProvider(stores.engine, url, url, secret)
    together = together_on(stores.redis)
    return make_dispatcher(stores, broker, provider, url, LikeCounter(), together)


def _tokens(settings: Settings) -> Tokens:
    return Tokens(
        load_secret(settings), settings.guest_token_lifetime_s, settings.host_token_lifetime_s
    )


def _fail(message: str) -> int:
    print(f"kaibo: {message}", file=sys.stderr)
    return 1
