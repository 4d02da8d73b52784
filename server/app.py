"""The only wiring: every part is made here and handed to those that use it.

make_desk     the commands on the stores (stores.py), which is enough for the command line
open_server   the desk, the live side and the HTTP side, with their jobs running
serving       all of that behind a socket, until a signal comes
supervised    the stores, and several processes that each do so on one port
"""

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from inventory.ledger.lost_payments import LostPayments
from inventory.payments.port import Provider
from inventory.receipt import Receipts
from inventory.redis_store.verdicts import Verdicts
from inventory.sweeper import Sweeper
from rooms.hub import Hub, Marks
from rooms.likes import LikeCounter
from rooms.rate_limit import Limiter, Rate, TokenBucket
from rooms.redis_broker.broker import RedisBroker
from rooms.redis_broker.minutes import RedisMinutes
from rooms.redis_broker.rundown import RedisRundowns
from rooms.redis_broker.subscriber import RedisSubscriber
from server import jobs
from server.census import Census, Limits
from server.clock import now_ms
from server.counting import Counting
from server.dispatch import Dispatcher
from server.doorkeeper import Doorkeeper
from server.embedded.lock import DataDirLock
from server.handlers.parts import HandlerParts
from server.http import HeadLimit, exception_handlers, routes
from server.http.parts import HttpParts
from server.lease import Lease, while_held
from server.listener import LiveListener
from server.live import Live
from server.paying import Paying, make_host_refunds, make_paying, make_provider
from server.pictures import Pictures
from server.publishing import skipped_notice
from server.pulse import Pulse
from server.reconciling import make_reconciler
from server.relay import Relay
from server.serving import bind, local_url_of, serve
from server.settings import Settings
from server.snapshots import Snapshots
from server.stores import Stores, open_stores
from server.supervisor import Supervisor
from server.teller import Teller
from server.together import Together, together_on
from server.tokens import Tokens, load_secret, purpose_key
from server.wire.codec import CODECS
from server.write_gate import WriteGate

THREADS_MAX = 32  # for SQL: beyond the 27 that may wait to write (gate 2, jobs 20, groups 5)
COMMENT_BURST = 5
WATCHED_JOBS = ("relay", "ledger", "sweeper", "settler")  # without which nothing is really sold
Watched = Mapping[str, jobs.LastSuccess]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The commands on the stores, and what carrying them out needs."""

    tokens: Tokens
    provider: Provider
    broker: RedisBroker
    likes: LikeCounter
    together: Together
    minutes: RedisMinutes
    counting: Counting
    sql_writes: WriteGate
    dispatcher: Dispatcher


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server whose jobs are running; `app` still needs a socket."""

    stores: Stores
    live: Live
    app: Starlette
    public_url: str


@contextlib.asynccontextmanager
async def serving(
    settings: Settings, extra_routes: Sequence[BaseRoute] = ()
) -> AsyncIterator[tuple[Running, asyncio.Task[None]]]:
    """A server that answers, and the task that ends when a signal has stopped it."""
    settings.make_data_folder()
    # The folder first: whose it is says more than whose the port is.
    with (
        DataDirLock(settings.data_path) as lock,
        contextlib.closing(bind(settings)) as listener,
    ):
        here = local_url_of(listener)
        public_url = settings.public_url.rstrip("/") or here
        async with (
            open_stores(settings, lock) as stores,
            open_server(stores, public_url, here, extra_routes) as running,
        ):
            stopped = asyncio.create_task(serve(running.app, running.live, listener))
            try:
                yield running, stopped
            finally:
                await jobs.end({stopped})


@contextlib.asynccontextmanager
async def supervised(settings: Settings) -> AsyncIterator[Supervisor]:
    """Several workers that answer on one port, with the stores they share kept open for them."""
    settings.make_data_folder()
    with (
        DataDirLock(settings.data_path) as lock,
        # Bound but not listening: it keeps the port for the workers and takes no connection.
        contextlib.closing(bind(settings, shared=True)) as placeholder,
    ):
        public_url = settings.public_url.rstrip("/") or local_url_of(placeholder)
        async with open_stores(settings, lock) as stores:
            load_secret(settings)  # made once, before several workers look for it
            theirs = msgspec.structs.replace(
                settings,
                redis_url=stores.redis_url,
                port=placeholder.getsockname()[1],
                public_url=public_url,
                data_dir=str(settings.data_path),
            )
            supervisor = Supervisor(settings.workers, public_url, theirs.environ())
            await supervisor.start()
            yield supervisor


def make_tokens(settings: Settings) -> Tokens:
    return Tokens(
        load_secret(settings), settings.guest_token_lifetime_s, settings.host_token_lifetime_s
    )


def make_desk(stores: Stores, public_url: str = "", local_url: str = "") -> Desk:
    """Browsers come by `public_url`, the sandbox provider's webhooks by `local_url`; without them
    the desk is for commands that neither name a page nor deliver a webhook."""
    settings = stores.settings
    likes, sql_writes = LikeCounter(), WriteGate()
    provider = make_provider(stores, public_url, local_url)
    broker = RedisBroker(
        stores.redis,
        events_kept=settings.room_events_kept,
        is_sharded=stores.nodes.is_sharded,
    )
    together = together_on(stores.redis)
    minutes = RedisMinutes(stores.redis)
    counting = Counting(minutes, stores.catalogue, together.roster)
    per_minute = settings.comments_per_minute_max
    room_per_s = settings.room_comments_per_s_max
    parts = HandlerParts(
        public_url=public_url,
        store=stores.store,
        catalogue=stores.catalogue,
        ledger=stores.ledger,
        provider=provider,
        host_refunds=make_host_refunds(stores),
        receipts=Receipts(purpose_key(load_secret(settings), "receipts")),
        lost_payments=LostPayments(stores.engine),
        broker=broker,
        events_kept=settings.room_events_kept,
        likes=likes,
        comment_limiter=Limiter(Rate(min(COMMENT_BURST, per_minute), per_minute)),
        room_limiter=Limiter(Rate(burst=room_per_s, per_minute=60 * room_per_s)),
        together=together,
        sql_writes=sql_writes,
        counting=counting,
        rundowns=RedisRundowns(stores.redis),
    )
    return Desk(
        tokens=make_tokens(settings),
        provider=provider,
        broker=broker,
        likes=likes,
        together=together,
        minutes=minutes,
        counting=counting,
        sql_writes=sql_writes,
        dispatcher=Dispatcher(parts),
    )


@contextlib.asynccontextmanager
async def open_server(
    stores: Stores, public_url: str, local_url: str, extra_routes: Sequence[BaseRoute] = ()
) -> AsyncIterator[Running]:
    """The live side and the HTTP side on `stores`, with their jobs running until the block ends."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS_MAX))
    desk = make_desk(stores, public_url, local_url)
    paying = make_paying(stores, desk.provider)
    hub = _hub(stores.settings)
    listener = LiveListener(hub, stores.store, desk.together)
    subscriber = RedisSubscriber(stores.redis, listener, stores.nodes)
    live = _live_side(stores, desk, hub, subscriber, public_url)
    watched = {name: jobs.LastSuccess() for name in WATCHED_JOBS}
    parts = _http_parts(stores, desk, live, paying, watched)
    app = _app(parts, live, [*extra_routes, *paying.pages])
    running = _jobs(stores, desk, live, paying, watched) | {"subscriber": subscriber.run}
    async with jobs.running(running):
        yield Running(stores=stores, live=live, app=app, public_url=public_url)


def _hub(settings: Settings) -> Hub:
    return Hub(
        {name: codec.event_frame for name, codec in CODECS.items()},
        Marks(settings.egress_soft_bytes, settings.egress_bytes_max),
        skipped_notice,
    )


def _live_side(
    stores: Stores, desk: Desk, hub: Hub, subscriber: RedisSubscriber, public_url: str
) -> Live:
    settings = stores.settings
    return Live(
        settings=settings,
        allowed_origins=_origins(settings, public_url),
        tokens=desk.tokens,
        hub=hub,
        broker=desk.broker,
        subscriber=subscriber,
        snapshots=Snapshots(
            stores.catalogue,
            stores.store,
            desk.broker,
            desk.together,
            recent_max=settings.room_events_kept,
        ),
        together=desk.together,
        dispatcher=desk.dispatcher,
        census=Census(Limits.of(settings)),
    )


def _jobs(
    stores: Stores, desk: Desk, live: Live, paying: Paying, watched: Watched
) -> dict[str, jobs.Job]:
    worker_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    relay = Relay(stores.outbox, desk.broker, stores.catalogue, desk.together.roster, desk.counting)
    sweeper = Sweeper(stores.store, stores.catalogue)
    once: dict[str, jobs.Job] = {  # needed once, however many workers there are
        "relay": partial(relay.run, watched["relay"].note),
        "ledger": partial(stores.writer.run, watched["ledger"].note),
        "sweeper": partial(sweeper.run, watched["sweeper"].note),
        "settler": partial(paying.settler.run, watched["settler"].note),
        "refunder": paying.refunder.run,
        "reconcile": make_reconciler(stores).run,
        **paying.provider_jobs,
    }
    lease = Lease(stores.redis, "jobs", worker_id)
    return {
        "pulse": Pulse(live, desk.likes, worker_id).run,
        "teller": Teller(desk.broker, desk.together).run,
        "counting": partial(desk.counting.run, live.hub),
        "doorkeeper": Doorkeeper(live, worker_id).run,
        "once": partial(while_held, lease, once, [each.note for each in watched.values()]),
    }


def _origins(settings: Settings, public_url: str) -> frozenset[str]:
    listed = (origin.strip() for origin in settings.allowed_origins.split(","))
    return frozenset({public_url, *(origin for origin in listed if origin)})


def _http_parts(
    stores: Stores, desk: Desk, live: Live, paying: Paying, watched: Watched
) -> HttpParts:
    async def redis_answers() -> object:
        return await stores.redis.ping()

    async def sql_answers() -> object:
        return await asyncio.to_thread(stores.catalogue.room_ids)

    webhooks_per_s = stores.settings.webhooks_per_s_max
    return HttpParts(
        settings=stores.settings,
        tokens=desk.tokens,
        dispatcher=desk.dispatcher,
        snapshots=live.snapshots,
        store=stores.store,
        catalogue=stores.catalogue,
        ledger=stores.ledger,
        settler=paying.settler,
        refunds=stores.refunds,
        provider=desk.provider,
        sql_writes=desk.sql_writes,
        broker=desk.broker,
        outbox=stores.outbox,
        verdicts=Verdicts(stores.redis),
        lag=stores.lag,
        minutes=desk.minutes,
        pictures=Pictures(stores.settings.data_path / "pictures"),
        checks={
            "redis": redis_answers,
            "sql": sql_answers,
            **{name: job.check for name, job in watched.items()},
        },
        webhook_bucket=TokenBucket(
            Rate(burst=2 * webhooks_per_s, per_minute=60 * webhooks_per_s), now_ms()
        ),
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
