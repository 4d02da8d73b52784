"""What outlives the process: Redis, SQL, and what sits on them, opened for whoever needs them.

The other half of the wiring (see app.py): a server opens the stores for as long as it serves, a
command of the command line for as long as it runs.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy import Engine

from inventory.durability import Durability
from inventory.ledger.catalogue import Catalogue
from inventory.ledger.ledger import Ledger
from inventory.ledger.payments import PaymentBook
from inventory.ledger.refunds import RefundBook
from inventory.ledger.writer import LedgerWriter
from inventory.redis_store.keeping import keeping
from inventory.redis_store.outbox import Outbox
from inventory.redis_store.store import RedisStore
from rooms.redis_broker.nodes import Nodes, OneNode
from server import jobs
from server.cluster.client import ClusterRedis
from server.connecting import connect_sql, named_redis, redis_client
from server.durability import private_fsync, require_durability
from server.embedded.lock import DataDirLock
from server.embedded.redis import Fsync, private_redis, redis_of
from server.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Everything that outlives the process."""

    settings: Settings
    redis_url: str
    redis: "Redis"
    nodes: Nodes
    engine: Engine
    store: RedisStore
    outbox: Outbox
    ledger: Ledger
    catalogue: Catalogue
    book: PaymentBook
    refunds: RefundBook
    writer: LedgerWriter


@contextlib.asynccontextmanager
async def open_stores(settings: Settings, lock: DataDirLock | None = None) -> AsyncIterator[Stores]:
    """Connect to Redis and SQL, starting the private Redis if no other was named.

    A server holds the data folder's `lock`; without it, this is for a command beside a server or
    alone. Raises SettingsError for a store that was named and cannot be used.
    """
    settings.make_data_folder()
    async with contextlib.AsyncExitStack() as stack:
        if settings.redis_url:
            redis_url = settings.redis_url
            redis = await named_redis(redis_url)
        else:
            own = _watched_redis if lock else redis_of
            private = own(settings.data_path, private_fsync(settings))
            redis_url = await stack.enter_async_context(private)
            redis = redis_client(redis_url)
        stack.push_async_callback(redis.aclose)
        await require_durability(settings, redis)
        engine = await connect_sql(settings)
        stack.callback(engine.dispose)
        yield _stores_on(settings, redis_url, redis, engine)


@contextlib.asynccontextmanager
async def _watched_redis(data_path: Path, appendfsync: Fsync) -> AsyncIterator[str]:
    """The data folder's own Redis for as long as a server runs, started again if it dies."""
    async with (
        private_redis(data_path, appendfsync) as private,
        jobs.running({"private redis": private.watch}),
    ):
        yield private.url


def _stores_on(settings: Settings, redis_url: str, redis: "Redis", engine: Engine) -> Stores:
    outbox = Outbox(redis, is_cluster=isinstance(redis, ClusterRedis))
    ledger = Ledger(engine)
    catalogue = Catalogue(engine)
    store = RedisStore(
        redis,
        retention_ms=settings.retention_s * 1000,
        extension_ms=settings.extension_s * 1000,
        outbox_entries_max=settings.outbox_entries_max,
        keeping=keeping(
            Durability(settings.durability),
            replicas_min=settings.replicas_min,
            replica_wait_ms=settings.replica_wait_ms,
        ),
    )
    return Stores(
        settings=settings,
        redis_url=redis_url,
        redis=redis,
        nodes=redis if isinstance(redis, ClusterRedis) else OneNode(redis),
        engine=engine,
        store=store,
        outbox=outbox,
        ledger=ledger,
        catalogue=catalogue,
        book=PaymentBook(engine),
        refunds=RefundBook(engine),
        writer=LedgerWriter(outbox, ledger, catalogue),
    )
