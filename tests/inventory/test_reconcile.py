"""Reconciling: what differs is said once, kept for everybody, and gone when it agrees again."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from inventory.audit import audit
from inventory.audit.reconcile import LOOK_ANEW_ROUNDS, Reconciler, in_words
from inventory.audit.report import AuditReport
from inventory.ledger.catalogue import Catalogue
from inventory.ledger.ledger import Ledger
from inventory.ledger.writer import LedgerWriter
from inventory.redis_store.verdicts import Verdict, Verdicts
from tests.inventory.shop import RedisServer, Shop

DEADLINE_S = 10.0


@pytest.fixture
def audited() -> list[str]:
    """The rooms that were audited, one after the other."""
    return []


@pytest.fixture
def reconciler(
    shop: Shop, ledger: Ledger, writer: LedgerWriter, catalogue: Catalogue, audited: list[str]
) -> Reconciler:
    async def audit_rooms(room_ids: list[str]) -> AuditReport:
        audited.extend(room_ids)
        return await audit(shop.store, ledger, room_ids, writer.drain)

    verdicts = Verdicts(shop.redis)
    return Reconciler(
        shop.store, catalogue, verdicts, audit_rooms, lambda: shop.now_ms, interval_s=0.01
    )


async def test_a_room_in_order_is_looked_at_when_something_was_told(
    shop: Shop, reconciler: Reconciler, audited: list[str], redis: Redis
) -> None:
    await shop.open()
    for _ in range(3):
        assert (await reconciler.round()).differences == {}
    assert audited == [shop.room_id]
    await shop.hold("ann")
    for _ in range(2):
        await reconciler.round()
    assert len(audited) == 2
    assert await Verdicts(redis).last() == Verdict(at_ms=shop.now_ms, rooms=1)


async def test_a_difference_is_said_once_and_so_is_its_end(
    shop: Shop, reconciler: Reconciler, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    await shop.open()
    hold_id = await shop.hold("ann")
    record = await redis.hget(shop.key("holds"), hold_id)
    await redis.hdel(shop.key("holds"), hold_id)
    with caplog.at_level(logging.WARNING, logger="kaibo.reconcile"):
        for _ in range(3):
            verdict = await reconciler.round()
            assert verdict.differences == {shop.room_id: 1}
            assert in_words(verdict) == "1 difference in 1 of 1 room"
        assert caplog.text.count(hold_id) == 1
        assert record is not None
        await redis.hset(shop.key("holds"), hold_id, record)
        for _ in range(2):
            assert (await reconciler.round()).differences == {}
        assert caplog.text.count("everything agrees again") == 1
    assert (await shop.counts()) == (9, 1, 0), "nobody was stopped, and nothing was changed"


async def test_what_changes_without_a_word_is_found_in_time(
    shop: Shop, reconciler: Reconciler
) -> None:
    await shop.open()
    await reconciler.round()
    await shop.plant("tea", held=1, available=9)
    found = [bool((await reconciler.round()).differences) for _ in range(LOOK_ANEW_ROUNDS)]
    assert found[-2] and not found[0]


async def test_it_survives_redis_being_away(
    shop: Shop, reconciler: Reconciler, redis_server: RedisServer
) -> None:
    told: list[Verdict] = []
    await shop.open()
    running = asyncio.create_task(reconciler.run(told.append))
    try:
        await until(lambda: bool(told))
        redis_server.kill()
        await asyncio.sleep(0)
        redis_server.start()  # empty
        before = len(told)
        await until(lambda: len(told) > before + 1)
        assert told[-1].differences == {shop.room_id: told[-1].differences[shop.room_id]}
    finally:
        running.cancel()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not holds():
            await asyncio.sleep(0.01)
