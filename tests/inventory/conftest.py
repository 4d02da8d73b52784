"""Fixtures: one redis-server for the session; for each test its own room and database.

Whatever uses SQL is run twice, on SQLite and on PostgreSQL.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import Engine

from inventory.ledger.catalogue import Catalogue, Room
from inventory.ledger.engine import open_engine
from inventory.ledger.ledger import Ledger
from inventory.ledger.lost_payments import LostPayments
from inventory.ledger.payments import PaymentBook
from inventory.ledger.refunds import RefundBook
from inventory.ledger.restoring import Restoring
from inventory.ledger.writer import LedgerWriter
from inventory.rebuild import Rebuilder
from inventory.redis_store.outbox import Outbox
from tests.inventory.shop import RedisServer, Shop
from tests.postgres import PostgresServer


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


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'kaibo.db'}"
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    url = postgres.new_database()
    yield url
    postgres.drop(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
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


@pytest.fixture
def rebuilder(shop: Shop, ledger: Ledger, writer: LedgerWriter, engine: Engine) -> Rebuilder:
    return Rebuilder(
        store=shop.store,
        ledger=ledger,
        restoring=Restoring(engine),
        lost_payments=LostPayments(engine),
        drain=writer.drain,
    )
