"""Fixtures: one redis-server for the session; for each test its own room and SQLite file."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import Engine

from inventory.ledger.catalogue import Catalogue, Room
from inventory.ledger.engine import open_engine
from inventory.ledger.ledger import Ledger
from inventory.ledger.payments import PaymentBook
from inventory.ledger.refunds import RefundBook
from inventory.ledger.writer import LedgerWriter
from inventory.redis_store.outbox import Outbox
from tests.inventory.shop import RedisServer, Shop


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    client = redis_server.connect()
    yield client
    await client.aclose()


@pytest.fixture
async def shop(redis: Redis) -> Shop:
    shop = Shop(redis)
    await shop.stop_clock()
    return shop


@pytest.fixture
def outbox(redis: Redis) -> Outbox:
    return Outbox(redis)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'kaibo.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return Ledger(engine)


@pytest.fixture
def payments(engine: Engine) -> PaymentBook:
    return PaymentBook(engine)


@pytest.fixture
def refunds(engine: Engine) -> RefundBook:
    return RefundBook(engine)


@pytest.fixture
def catalogue(engine: Engine, shop: Shop) -> Catalogue:
    """A catalogue that has the shop's room."""
    catalogue = Catalogue(engine)
    catalogue.put_room(Room(room_id=shop.room_id, title="Tea", video_url=None, currency="CNY"))
    return catalogue


@pytest.fixture
def writer(outbox: Outbox, ledger: Ledger, catalogue: Catalogue) -> LedgerWriter:
    return LedgerWriter(outbox, ledger, catalogue)
