"""The sweeper: overdue holds end without anybody asking."""

import asyncio
import logging
import time

import pytest
from sqlalchemy import Engine, text

from inventory.hold import HoldState
from inventory.ledger.catalogue import Catalogue
from inventory.ledger.engine import LedgerUnavailable, writing
from inventory.sweeper import Sweeper
from inventory.uuid7 import FUTURE_MAX_MS
from server.jobs import end
from tests.inventory.shop import HOLD_MS, RETENTION_MS, Shop


async def test_all_due_holds_of_a_room_are_swept_at_once(shop: Shop, catalogue: Catalogue) -> None:
    await shop.open(units=250)
    for number in range(250):
        await shop.hold(f"buyer-{number}")
    sweeper = Sweeper(shop.store, catalogue)
    assert await sweeper.sweep() == 0
    await shop.advance(HOLD_MS)
    assert await sweeper.sweep() == 250
    assert await shop.counts() == (250, 0, 0)


async def test_all_that_is_old_is_forgotten_in_one_sweep(shop: Shop, catalogue: Catalogue) -> None:
    await shop.open(units=250)
    await shop.store.end_sale(shop.room_id, "tea")
    for _ in range(250):
        await shop.store.restock(shop.room_id, shop.new_id(), "tea", 1)
    await shop.advance(RETENTION_MS + FUTURE_MAX_MS + 1)
    assert await Sweeper(shop.store, catalogue).sweep() == 0
    assert await shop.redis.zcard(shop.key("finished")) == 0
    assert await shop.redis.hlen(shop.key("ops")) == 0


async def test_it_sweeps_known_rooms_while_sql_is_away_and_says_so_once(
    shop: Shop, engine: Engine, catalogue: Catalogue, caplog: pytest.LogCaptureFixture
) -> None:
    await shop.open()
    hold_id = await shop.hold("ann")
    sweeper = Sweeper(shop.store, catalogue, interval_ms=1)
    await sweeper.sweep()
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE rooms RENAME TO away"))
    await shop.advance(HOLD_MS)
    with caplog.at_level(logging.WARNING):
        task = asyncio.create_task(sweeper.run())
        await _until_expired(shop, hold_id)
        await end({task})
    assert caplog.text.count("holds are not being expired") <= 1
    with pytest.raises(LedgerUnavailable):
        await sweeper.sweep()


async def _until_expired(shop: Shop, hold_id: str) -> None:
    deadline = time.monotonic() + 10
    while True:
        hold = await shop.store.hold(shop.room_id, hold_id)
        if hold and hold.state is HoldState.EXPIRED:
            return
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)
