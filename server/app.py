"""The only wiring: every part is made here and handed to those that use it.

open_stores   Redis, SQL and what sits on them; enough for the command line
open_server   the stores, the live side and the HTTP side, with their jobs running
serve         all of that behind a socket until a signal comes
"""

import asyncio
import contextlib
import functools
import logging
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from redis.asyncio import Redis
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from inventory.ledger.catalogue import Catalogue
from inventory.ledger.engine import open_engine
from inventory.ledger.ledger import Ledger
from inventory.ledger.payments import PaymentBook
from inventory.ledger.writer import LedgerWriter
from inventory.payments.sandbox.provider import SandboxProvider
from inventory.payments.settle import Settler
from inventory.redis_store.outbox import Outbox
from inventory.redis_store.store import RedisStore
from inventory.sweeper import Sweeper
from rooms.hub import Hub, Marks
from rooms.likes import LikeCounter
from rooms.rate_limit import Limiter, Rate
from rooms.redis_broker.broker import RedisBroker
from rooms.redis_broker.subscriber import RedisSubscriber
from server import jobs
from server.clock import now_ms
from server.connection import Connection
from server.dispatch import Dispatcher
from server.doorkeeper import Doorkeeper
from server.embedded.redis import PrivateRedis, redis_of
from server.handlers.parts import HandlerParts
from server.http import HeadLimit, exception_handlers, routes
from server.http.parts import HttpParts
from server.lease import Lease, while_held
from server.listener import LiveListener
from server.live import Live
from server.publishing import skipped_notice
from server.pulse import Pulse
from server.redis_client import connect_redis
from server.relay import Relay
from server.settings import Settings
from server.snapshots import Snapshots
from server.teller import Teller
from server.together import Together, together_on
from server.tokens import Tokens, load_secret, purpose_key
from server.wire.codec import CODECS

log = logging.getLogger("kaibo")

UNSENT_BYTES_MAX = 65_536  # what the kernel may hold back for one connection
DRAIN_TIMEOUT_S = 10  # how long clients get to answer the close of a stopping server


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Everything that outlives the process."""

    settings: Settings
    redis_url: str
    redis: "Redis"
    engine: Engine
    store: RedisStore
    outbox: Outbox
    ledger: Ledger
    catalogue: Catalogue
    book: PaymentBook
    writer: LedgerWriter


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server whose jobs are running; `app` still needs a socket."""

    stores: Stores
    live: Live
    app: Starlette


@contextlib.asynccontextmanager
async def open_stores(settings: Settings, *, serving: bool = False) -> AsyncIterator[Stores]:
    """Connect to Redis and SQL, starting the private Redis if no other was named.

    `serving` claims the data folder, so that a second server on it is refused.
    """
    settings.data_path.mkdir(parents=True, exist_ok=True)
    async with contextlib.AsyncExitStack() as stack:
        redis_url = settings.redis_url
        if not redis_url:
            private = (_watched_redis if serving else redis_of)(settings.data_path)
            redis_url = await stack.enter_async_context(private)
        redis = connect_redis(redis_url)
        stack.push_async_callback(redis.aclose)
        database_url = settings.database_url or f"sqlite:///{settings.data_path / 'kaibo.db'}"
        engine = await asyncio.to_thread(open_engine, database_url)
        stack.callback(engine.dispose)
        yield _stores_on(settings, redis_url, redis, engine)


@contextlib.asynccontextmanager
async def _watched_redis(data_path: Path) -> AsyncIterator[str]:
    """The data folder's own Redis for as long as a server runs, started again if it dies."""
    private = PrivateRedis(data_path)
    url = await private.start()
    try:
        async with jobs.running({"private redis": private.watch}):
            yield url
    finally:
        await private.stop()


def _stores_on(settings: Settings, redis_url: str, redis: "Redis", engine: Engine) -> Stores:
    outbox = Outbox(redis)
    ledger = Ledger(engine)
    catalogue = Catalogue(engine)
    store = RedisStore(
        redis,
        retention_ms=settings.retention_s * 1000,
        extension_ms=settings.extension_s * 1000,
        outbox_entries_max=settings.outbox_entries_max,
    )
    return Stores(
        settings=settings,
        redis_url=redis_url,
        redis=redis,
        engine=engine,
        store=store,
        outbox=outbox,
        ledger=ledger,
        catalogue=catalogue,
        book=PaymentBook(engine),
        writer=LedgerWriter(outbox, ledger, catalogue),
    )


@contextlib.asynccontextmanager
async def open_server(
    stores: Stores, public_url: str, local_url: str, extra_routes: Sequence[BaseRoute] = ()
) -> AsyncIterator[Running]:
    """The live side and the HTTP side on `stores`, with their jobs running until the block ends.

    Browsers come by `public_url`, the sandbox provider's webhooks by `local_url`.
    """
    settings = stores.settings
    secret = load_secret(settings)
    provider = SandboxProvider(
        stores.engine,
        base_url=public_url,
        webhook_url=f"{local_url}/v1/webhooks/sandbox",
        secret=purpose_key(secret, "sandbox"),
    )
    settler = Settler(stores.store, stores.book, now_ms)
    hub = Hub(
        {name: codec.event_frame for name, codec in CODECS.items()},
        Marks(settings.egress_soft_bytes, settings.egress_bytes_max),
        skipped_notice,
    )
    together = together_on(stores.redis)
    subscriber = RedisSubscriber(stores.redis, LiveListener(hub, stores.store, together))
    kept = settings.room_events_kept
    broker = RedisBroker(stores.redis, events_kept=kept)
    likes = LikeCounter()
    live = Live(
        settings=settings,
        allowed_origins=_origins(settings, public_url),
        tokens=Tokens(secret, settings.guest_token_lifetime_s, settings.host_token_lifetime_s),
        hub=hub,
        broker=broker,
        subscriber=subscriber,
        snapshots=Snapshots(stores.catalogue, stores.store, broker, together, recent_max=kept),
        dispatcher=make_dispatcher(stores, broker, provider, public_url, likes, together),
        together=together,
    )
    worker_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    once: dict[str, jobs.Job] = {  # needed once, however many workers there are
        "relay": Relay(stores.outbox, broker, stores.catalogue).run,
        "ledger": stores.writer.run,
        "sweeper": Sweeper(stores.store, stores.catalogue).run,
        "settler": settler.run,
        "sandbox": provider.run,
    }
    lease = Lease(stores.redis, "jobs", worker_id)
    running: dict[str, jobs.Job] = {
        "subscriber": subscriber.run,
        "pulse": Pulse(live, likes, worker_id).run,
        "teller": Teller(broker, together).run,
        "doorkeeper": Doorkeeper(live, worker_id).run,
        "once": functools.partial(while_held, lease, once),
    }
    app = _app(_http_parts(stores, live, settler, provider), live, extra_routes)
    async with jobs.running(running):
        yield Running(stores=stores, live=live, app=app)


def make_dispatcher(
    stores: Stores,
    broker: RedisBroker,
    provider: SandboxProvider,
    public_url: str,
    likes: LikeCounter,
    together: Together,
) -> Dispatcher:
    """The commands on `stores`; also what the command line runs its own through."""
    comments_per_minute = stores.settings.comments_per_minute_max
    room_per_s = stores.settings.room_comments_per_s_max
    return Dispatcher(
        HandlerParts(
            settings=stores.settings,
            public_url=public_url,
            store=stores.store,
            catalogue=stores.catalogue,
            ledger=stores.ledger,
            provider=provider,
            broker=broker,
            likes=likes,
            comment_limiter=Limiter(Rate(burst=5, per_minute=comments_per_minute)),
            room_limiter=Limiter(Rate(burst=room_per_s, per_minute=60 * room_per_s)),
            together=together,
        )
    )


def _origins(settings: Settings, public_url: str) -> frozenset[str]:
    listed = (origin.strip() for origin in settings.allowed_origins.split(","))
    return frozenset({public_url, *(origin for origin in listed if origin)})


def _http_parts(
    stores: Stores, live: Live, settler: Settler, provider: SandboxProvider
) -> HttpParts:
    async def redis_answers() -> object:
        return await stores.redis.ping()

    async def sql_answers() -> object:
        return await asyncio.to_thread(stores.catalogue.room_ids)

    return HttpParts(
        settings=stores.settings,
        tokens=live.tokens,
        dispatcher=live.dispatcher,
        snapshot=live.snapshots,
        store=stores.store,
        catalogue=stores.catalogue,
        ledger=stores.ledger,
        payments=settler,
        provider=provider,
        checks={"redis": redis_answers, "sql": sql_answers},
        now_ms=now_ms,
    )


def _app(parts: HttpParts, live: Live, extra_routes: Sequence[BaseRoute]) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Live]]:
        yield {"live": live}

    return Starlette(
        # The client's routes claim every path that is left, so they come last.
        routes=[*extra_routes, *routes(parts)],
        exception_handlers=exception_handlers(),
        middleware=[Middleware(HeadLimit, bytes_max=parts.settings.header_bytes_max)],
        lifespan=lifespan,
    )


class Server(uvicorn.Server):
    """uvicorn, but a signal only asks it to stop: what was opened around it closes afterwards."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def bind(settings: Settings, *, shared: bool = False) -> socket.socket:
    """A bound socket, so that its port is known before anything is told about it.

    `shared`: other sockets may be bound to the same port (SO_REUSEPORT); the kernel spreads
    connections over those that listen.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        # Accepted sockets inherit it. Without it Linux buffers megabytes for a viewer that does
        # not read, and nobody would know how far behind it is.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES_MAX)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((settings.host, settings.port))
    listener.setblocking(False)
    return listener


def local_url_of(listener: socket.socket) -> str:
    """Where `listener` is reached from this machine."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


async def serve(running: Running, listener: socket.socket) -> None:
    """Answer on `listener` until SIGINT or SIGTERM."""
    settings = running.stores.settings
    config = uvicorn.Config(
        running.app,
        http="h11",  # the parser that bounds the size of a request's head
        h11_max_incomplete_event_size=settings.header_bytes_max,
        ws=Connection,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_TIMEOUT_S,
    )
    await Server(config).serve(sockets=[listener])
