"""The relay tells what happened, to whom it concerns, and only the latest stock."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from inventory.codes import Outcome
from inventory.entry import Entry
from inventory.hold import Hold, HoldState, Line
from inventory.ledger.catalogue import Catalogue, Room
from inventory.ledger.engine import open_engine
from inventory.pool import Pool
from inventory.redis_store.keys import room_key
from inventory.redis_store.outbox import Outbox
from inventory.redis_store.store import RedisStore
from inventory.store import SaleTerms, StoreUnavailable
from rooms.events import Delivery
from rooms.redis_broker.broker import RedisBroker
from rooms.redis_broker.minutes import RedisMinutes
from rooms.redis_broker.roster import RedisRoster
from server.counting import Counting
from server.embedded.redis import PrivateRedis
from server.relay import Relay, events_of
from server.wire.codec import MSGPACK


def pool(version: int, available: int) -> Pool:
    return Pool(
        sale_id="flash",
        product_id="tea",
        price_cents=100,
        per_buyer_max=1,
        hold_duration_ms=60_000,
        total=10,
        created_total=10,
        available=available,
        held=10 - available,
        version=version,
    )


def hold(buyer_id: str) -> Hold:
    line = Line(sale_id="flash", product_id="tea", quantity=1, price_cents=100)
    return Hold(
        hold_id=f"hold-of-{buyer_id}",
        buyer_id=buyer_id,
        lines=[line],
        state=HoldState.HELD,
        created_at_ms=1,
        deadline_ms=2,
    )


def entry(position: int, kind: Outcome, buyer_id: str | None, version: int) -> Entry:
    return Entry(
        room_id="r",
        stream_id=f"{position}-0",
        position=position,
        kind=kind,
        holds=[hold(buyer_id)] if buyer_id else [],
        pools=[pool(version, 10 - version)],
    )


def test_each_buyer_hears_of_the_own_hold_and_everyone_of_the_latest_stock() -> None:
    told = events_of([entry(1, Outcome.HELD, "ann", 1), entry(2, Outcome.HELD, "bob", 2)])
    assert [event.to for event in told] == ["ann", "bob", ""]
    stock = MSGPACK.decode(told[-1].body)["stock"]
    assert (stock["version"], stock["available"]) == (2, 8)
    assert told[-1].delivery is Delivery.STATE


def test_a_changed_sale_is_numbered_and_carries_its_source() -> None:
    (sale, stock) = events_of([entry(7, Outcome.STARTED, None, 3)])
    assert sale.numbered
    assert sale.source == f"{7:020d}.0000"
    assert not stock.source, "stock is keyed by version: saying it twice is harmless"


def test_a_restored_room_is_told_before_its_sales_and_in_order() -> None:
    restored = entry(5_000_000, Outcome.RESTORED, None, 1)
    many = msgspec.structs.replace(restored, pools=restored.pools * 1_000)
    told = [event for event in events_of([many]) if event.numbered]
    assert MSGPACK.decode(told[0].body) == {"epoch_ms": 5}
    assert len(told) == 1_001
    assert [event.source for event in told] == sorted(event.source for event in told)


def test_sources_rise_with_positions() -> None:
    sources = [
        events_of([entry(position, Outcome.STARTED, None, 1)])[0].source
        for position in (9, 10, 99, 1_795_303_192_424_000_001)
    ]
    assert sources == sorted(sources)


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[Redis]:
    private = PrivateRedis(tmp_path)
    client = Redis.from_url(await private.start())
    yield client
    await client.aclose()
    await private.stop()


TERMS = SaleTerms(
    sale_id="flash",
    product_id="tea",
    price_cents=100,
    total_units=10,
    per_buyer_max=1,
    hold_duration_ms=60_000,
)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """With two rooms."""
    catalogue = Catalogue(open_engine(f"sqlite:///{tmp_path / 'kaibo.db'}"))
    for room_id in ("one", "two"):
        catalogue.put_room(Room(room_id=room_id, title="Tea", video_url=None, currency="CNY"))
    return catalogue


@pytest.fixture
def store(redis: Redis) -> RedisStore:
    return RedisStore(redis, retention_ms=86_400_000, extension_ms=120_000)


@pytest.fixture
def broker(redis: Redis) -> RedisBroker:
    return RedisBroker(redis, events_kept=100)


@pytest.fixture
def relay(redis: Redis, broker: RedisBroker, catalogue: Catalogue) -> Relay:
    roster = RedisRoster(redis)
    counting = Counting(RedisMinutes(redis), catalogue, roster)
    return Relay(Outbox(redis), broker, catalogue, roster, counting)


async def test_an_unreadable_entry_is_said_and_skipped_and_stops_no_room(
    redis: Redis,
    store: RedisStore,
    broker: RedisBroker,
    relay: Relay,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for room_id in ("one", "two"):
        await redis.xadd(room_key(room_id, "outbox"), {"kind": "NEWS"})
        await store.put_sale(room_id, TERMS)
    with caplog.at_level(logging.ERROR):
        await relay.step(block_ms=1)
    for room_id in ("one", "two"):
        assert f" of {room_id}: cannot be read" in caplog.text
        assert (await broker.record(room_id, 10)).position.offset == 1


@pytest.mark.parametrize(("away", "other"), [("one", "two"), ("two", "one")])
async def test_a_room_whose_redis_fails_from_the_start_holds_up_no_other(
    redis: Redis, store: RedisStore, broker: RedisBroker, relay: Relay, away: str, other: str
) -> None:
    for room_id in (away, other):
        await store.put_sale(room_id, TERMS)
    await redis.rpush(room_key(away, "relay"), "no position")  # so that asking for it fails
    await relay.step(block_ms=1)
    assert (await broker.record(other, 10)).position.offset == 1
    await redis.delete(room_key(away, "relay"))
    await relay.step(block_ms=1)
    assert (await broker.record(away, 10)).position.offset == 1


async def test_a_relay_that_reaches_no_room_says_so(redis: Redis, relay: Relay) -> None:
    for room_id in ("one", "two"):
        await redis.rpush(room_key(room_id, "relay"), "no position")
    with pytest.raises(StoreUnavailable):
        await relay.step(block_ms=1)
