"""Connecting to the stores that the settings name. One that cannot be used is told in one line that
names its setting, before anything listens; a password in a URL is never repeated.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from inventory.ledger.engine import (
    LedgerUnavailable,
    UnknownDatabase,
    connect,
    migrate_if_behind,
    open_engine,
)
from server.cluster.client import ClusterRedis
from server.redis_url import Address, read_redis_url
from server.sentinel import PrimaryPool
from server.settings import Settings, SettingsError, both_names

REDIS_CONNECTIONS_MAX = 64  # to one server; past that a command waits for one to be free
REDIS_TIMEOUT_S = 5.0
_BOUNDS: dict[str, Any] = {  # a URL's own options go before them
    "max_connections": REDIS_CONNECTIONS_MAX,
    "timeout": REDIS_TIMEOUT_S,
    "socket_timeout": REDIS_TIMEOUT_S,
    "socket_connect_timeout": REDIS_TIMEOUT_S,
    "retry": Retry(NoBackoff(), 0),
}
DATABASE_FILE = "kaibo.db"


def redis_client(url: str) -> "Redis":
    """A client that never retries by itself: a script that timed out may have run, and only the
    caller knows whether its id makes a second run harmless. Raises ValueError for a bad URL."""
    target = read_redis_url(url)
    if target.kind == "cluster":
        return ClusterRedis(target.addresses, partial(_cluster_server, target.options))
    if target.kind == "sentinel":
        return Redis.from_pool(PrimaryPool(target, _BOUNDS))
    return Redis.from_pool(BlockingConnectionPool(**_BOUNDS | target.options))


def _cluster_server(options: dict[str, Any], address: Address) -> "Redis":
    own = _BOUNDS | options | {"host": address.host, "port": address.port}
    return Redis.from_pool(BlockingConnectionPool(**own))


async def named_redis(url: str) -> "Redis":
    """A client of the Redis that `redis_url` names, which has answered. Raises SettingsError."""
    try:
        client = redis_client(url)
    except ValueError as error:
        raise SettingsError(f"{both_names('redis_url')}: {error}") from None
    try:
        await reach(client)
    except (RedisError, OSError) as error:
        await client.aclose()
        raise SettingsError(f"{both_names('redis_url')}: no Redis answers: {error}") from None
    except TypeError as error:  # what redis-py says of an option that it does not have
        raise SettingsError(f"{both_names('redis_url')}: {error}") from None
    return client


async def reach(client: "Redis") -> None:
    """Find what a client needs to know before its first command. Raises what Redis raises."""
    if isinstance(client, ClusterRedis):
        await client.refresh()
        await client.look_at_versions()
    await client.ping()


async def connect_sql(settings: Settings) -> Engine:
    """The database, with the schema of this version. Raises SchemaMismatch, SettingsError for a
    database that was named, and LedgerUnavailable for the data folder's own."""
    with _named_in_errors(settings):
        return await asyncio.to_thread(open_engine, _database_url(settings))


async def migrate_sql(settings: Settings) -> list[str]:
    """Brings the database to the schema of this version; the revisions that were run. Raises as
    `connect_sql` does."""
    with _named_in_errors(settings):
        engine = connect(_database_url(settings))
        try:
            return await asyncio.to_thread(migrate_if_behind, engine)
        finally:
            engine.dispose()


def _database_url(settings: Settings) -> str:
    return settings.database_url or f"sqlite:///{database_path(settings)}"


@contextlib.contextmanager
def _named_in_errors(settings: Settings) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, LedgerUnavailable, UnknownDatabase, ImportError) as error:
        if not settings.database_url:
            raise
        reason = str(error).splitlines()[0]
        raise SettingsError(f"{both_names('database_url')}: {reason}") from None


def database_path(settings: Settings) -> Path:
    return settings.data_path / DATABASE_FILE


def require_data(settings: Settings) -> None:
    """Raises SettingsError where a server has never run, so that a mistyped folder is not taken for
    an empty shop, nor made."""
    require_ledger(settings)
    if not settings.redis_url:
        _require(settings, settings.data_path / "redis")


def require_ledger(settings: Settings) -> None:
    """Raises SettingsError where there is no ledger, whatever has become of Redis."""
    if not settings.database_url:
        _require(settings, database_path(settings))


def _require(settings: Settings, path: Path) -> None:
    if not path.exists():
        raise SettingsError(
            f"nothing is at {settings.data_path}: name the folder of a server that has run, by"
            f" {both_names('data_dir')}"
        )
