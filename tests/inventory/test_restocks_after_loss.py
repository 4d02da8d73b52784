"""A restock or a cut that is repeated counts once, whatever Redis has lost in between."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from inventory.audit import audit
from inventory.codes import Outcome
from inventory.ledger.ledger import Ledger
from inventory.ledger.restoring import Restoring
from inventory.ledger.writer import LedgerWriter
from inventory.rebuild import Rebuilder
from inventory.rebuild.loss import loss_of
from inventory.redis_store.scan import CHUNK_MAX
from inventory.uuid7 import FUTURE_MAX_MS
from tests.inventory.losing import Past, catch_up, lose
from tests.inventory.shop import RETENTION_MS, Shop

FORGET_MS = RETENTION_MS + FUTURE_MAX_MS + 1
Differences = Callable[[], Awaitable[list[str]]]

both_ways = pytest.mark.parametrize("units", [3, -2])


@pytest.fixture
async def past(shop: Shop) -> Past:
    """Of a room with ten units, nothing yet."""
    await shop.open(units=10)
    return Past(shop)


@pytest.fixture
def differences(shop: Shop, ledger: Ledger, writer: LedgerWriter) -> Differences:
    async def run() -> list[str]:
        return (await audit(shop.store, ledger, [shop.room_id], writer.drain)).differences

    return run


async def restock(shop: Shop, restock_id: str, units: int, sale_id: str = "tea") -> Outcome:
    return (await shop.store.restock(shop.room_id, restock_id, sale_id, units)).outcome


async def restocked(shop: Shop, units: int) -> str:
    """Restocks with a new id, and returns it."""
    restock_id = shop.new_id()
    assert await restock(shop, restock_id, units) is Outcome.RESTOCKED
    return restock_id


async def lose_and_rebuild(shop: Shop, rebuilder: Rebuilder) -> None:
    """Time goes on meanwhile."""
    await lose(shop)
    await shop.advance(1)
    await rebuilder.rebuild(shop.room_id)
    await catch_up(shop)


async def retell_in_the_old_form(shop: Shop) -> None:
    """The last entry of the outbox as versions wrote it that did not tell the restock's id."""
    found: Any = await shop.redis.xrevrange(shop.key("outbox"), count=1)
    [(stream_id, fields)] = found
    del fields[b"restock_id"]
    await shop.redis.xdel(shop.key("outbox"), stream_id)
    await shop.redis.xadd(shop.key("outbox"), fields)


@both_ways
async def test_after_a_rebuild_it_is_known_with_its_content(
    shop: Shop,
    writer: LedgerWriter,
    rebuilder: Rebuilder,
    differences: Differences,
    units: int,
) -> None:
    await shop.open(units=10)
    await shop.open("cup", units=10)
    before, ahead = shop.new_id(), shop.new_id(ago_ms=-FUTURE_MAX_MS)
    for restock_id in (before, ahead):
        assert await restock(shop, restock_id, units) is Outcome.RESTOCKED
    await writer.drain(shop.room_id)
    await lose_and_rebuild(shop, rebuilder)
    for restock_id in (before, ahead):
        assert await restock(shop, restock_id, units) is Outcome.REPLAYED
        assert await restock(shop, restock_id, units + 1) is Outcome.KEY_REUSED
        assert await restock(shop, restock_id, units, "cup") is Outcome.KEY_REUSED
    assert await shop.counts() == (10 + 2 * units, 0, 0)
    assert await shop.counts("cup") == (10, 0, 0)
    assert await differences() == []


async def test_a_restored_id_is_forgotten_when_it_is_refused_as_too_old(
    shop: Shop, writer: LedgerWriter, rebuilder: Rebuilder
) -> None:
    await shop.open(units=10)
    restock_id = await restocked(shop, 3)
    await writer.drain(shop.room_id)
    await lose_and_rebuild(shop, rebuilder)
    await shop.advance(RETENTION_MS)
    await shop.store.expire_due(shop.room_id)
    assert await restock(shop, restock_id, 3) is Outcome.REPLAYED
    await shop.advance(FUTURE_MAX_MS + 1)
    await shop.store.expire_due(shop.room_id)
    assert await shop.redis.hlen(shop.key("ops")) == 0
    assert await restock(shop, restock_id, 3) is Outcome.STALE_ID
    assert await shop.counts() == (13, 0, 0)


async def test_what_retention_no_longer_covers_is_not_brought_back(
    shop: Shop, writer: LedgerWriter, rebuilder: Rebuilder
) -> None:
    await shop.open(units=10)
    old = await restocked(shop, 3)
    await shop.advance(FORGET_MS)
    young = await restocked(shop, 2)
    await writer.drain(shop.room_id)
    await lose_and_rebuild(shop, rebuilder)
    assert await shop.redis.hkeys(shop.key("ops")) == [young.encode()]
    assert await restock(shop, old, 3) is Outcome.STALE_ID


async def test_many_restocks_are_brought_back_page_after_page(
    shop: Shop, writer: LedgerWriter, rebuilder: Rebuilder, differences: Differences
) -> None:
    await shop.open(units=10)
    ids = [shop.new_id() for _ in range(CHUNK_MAX + 3)]
    await asyncio.gather(*(restock(shop, restock_id, 1) for restock_id in ids))
    await writer.drain(shop.room_id)
    await lose_and_rebuild(shop, rebuilder)
    again = await asyncio.gather(*(restock(shop, restock_id, 1) for restock_id in ids))
    assert set(again) == {Outcome.REPLAYED}
    assert await shop.counts() == (10 + len(ids), 0, 0)
    assert await differences() == []


async def test_what_an_earlier_version_told_counts_and_stays_known_to_redis(
    shop: Shop,
    engine: Engine,
    writer: LedgerWriter,
    rebuilder: Rebuilder,
    differences: Differences,
) -> None:
    await shop.open(units=5)
    known = await restocked(shop, 3)
    await retell_in_the_old_form(shop)
    await writer.drain(shop.room_id)
    assert Restoring(engine).restocks(shop.room_id, 0, "", 10) == []
    newer = await restocked(shop, -1)
    await writer.drain(shop.room_id)
    await shop.store.staging(shop.room_id).close_room()  # by a rebuild that died
    await rebuilder.rebuild(shop.room_id)
    finished: Any = await shop.redis.zrange(shop.key("finished"), 0, -1)
    assert {f"op:{known}".encode(), f"op:{newer}".encode()} <= set(finished)
    for restock_id, units in ((known, 3), (newer, -1)):
        assert await restock(shop, restock_id, units) is Outcome.REPLAYED
    assert await shop.counts() == (7, 0, 0)
    assert await differences() == []


@both_ways
async def test_after_a_failover_it_counts_once_in_sql_too(
    shop: Shop,
    past: Past,
    ledger: Ledger,
    writer: LedgerWriter,
    rebuilder: Rebuilder,
    differences: Differences,
    units: int,
) -> None:
    await past.keep()
    restock_id = await restocked(shop, units)
    await writer.drain(shop.room_id)
    await past.return_to()
    assert await restock(shop, restock_id, units) is Outcome.RESTOCKED, "Redis had lost it"
    await shop.hold("bob")
    assert await differences() == []
    assert ledger.parked(shop.room_id) == []
    await rebuilder.rebuild(shop.room_id)
    await catch_up(shop)
    assert await restock(shop, restock_id, units) is Outcome.REPLAYED
    assert await shop.counts() == (10 + units - 1, 1, 0)
    assert await differences() == []


async def test_after_a_failover_an_id_with_other_content_is_a_difference_until_the_rebuild(
    shop: Shop,
    past: Past,
    ledger: Ledger,
    writer: LedgerWriter,
    rebuilder: Rebuilder,
    differences: Differences,
) -> None:
    await past.keep()
    restock_id = await restocked(shop, 3)
    await writer.drain(shop.room_id)
    await past.return_to()
    assert await restock(shop, restock_id, 5) is Outcome.RESTOCKED
    assert "(RESTOCKED) is parked" in "\n".join(await differences())
    assert [each.kind for each in ledger.parked(shop.room_id)] == ["RESTOCKED"]
    await rebuilder.rebuild(shop.room_id)
    await catch_up(shop)
    assert await restock(shop, restock_id, 5) is Outcome.KEY_REUSED
    assert await restock(shop, restock_id, 3) is Outcome.REPLAYED
    assert await shop.counts() == (13, 0, 0)
    assert await differences() == []


async def test_of_two_that_were_lost_one_is_repeated(
    shop: Shop,
    past: Past,
    ledger: Ledger,
    writer: LedgerWriter,
    rebuilder: Rebuilder,
    differences: Differences,
) -> None:
    await past.keep()
    more, fewer = await restocked(shop, 3), await restocked(shop, -3)
    await writer.drain(shop.room_id)
    await past.return_to()
    assert await restock(shop, more, 3) is Outcome.RESTOCKED
    assert "sale tea total in SQL: expected 13, found 10" in "\n".join(await differences())
    loss = await loss_of(shop.store, ledger, shop.room_id, writer.drain)
    assert (loss.restocked, loss.is_lost) == (["tea"], True)
    await rebuilder.rebuild(shop.room_id)
    await catch_up(shop)
    for restock_id, units in ((more, 3), (fewer, -3)):
        assert await restock(shop, restock_id, units) is Outcome.REPLAYED
    assert await shop.counts() == (10, 0, 0)
    assert await differences() == []
