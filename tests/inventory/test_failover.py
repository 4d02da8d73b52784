"""A replica that lacked the last writes takes over: what was set back is named, and restored."""

from typing import Any

from inventory.hold import HoldState
from inventory.ledger.payments import PaymentBook
from inventory.ledger.writer import LedgerWriter
from inventory.rebuild import Rebuilder
from inventory.rebuild.loss import loss_of
from inventory.redis_store.keys import SCRIPT_KEYS
from tests.inventory.payments.entries import record, settle
from tests.inventory.shop import Shop

Copy = dict[str, Any]


async def copied(shop: Shop) -> Copy:
    """All that Redis has of the room, as a replica has it."""
    return {name: await shop.redis.dump(shop.key(name)) for name in SCRIPT_KEYS}


async def take_over(shop: Shop, copy: Copy) -> None:
    for name, dumped in copy.items():
        await shop.redis.delete(shop.key(name))
        if dumped is not None:
            await shop.redis.restore(shop.key(name), 0, dumped)


async def test_an_order_that_was_set_back_is_paid_again_after_a_rebuild(
    shop: Shop, writer: LedgerWriter, payments: PaymentBook, rebuilder: Rebuilder
) -> None:
    await shop.open(units=3)
    mine = await shop.hold("ann")
    old = await copied(shop)
    record(payments, shop.room_id, mine, f"pay-{mine}")
    settle(payments, (await shop.pay(mine, f"pay-{mine}")).outcome.value, f"pay-{mine}")
    await writer.drain(shop.room_id)
    await take_over(shop, old)
    await shop.advance(1)
    await shop.hold("bob")  # the outbox is later than all that was lost
    loss = await loss_of(shop.store, rebuilder.ledger, shop.room_id, writer.drain)
    assert (loss.set_back, loss.holds, loss.is_lost) == ([mine], [], True)
    assert any(f"set back: hold {mine}" in line for line in loss.lines())
    await rebuilder.rebuild(shop.room_id)
    hold = await shop.store.hold(shop.room_id, mine)
    assert hold is not None and hold.state is HoldState.PAID
    assert await shop.counts() == (1, 1, 1)


async def test_a_restock_that_was_lost_is_named(
    shop: Shop, writer: LedgerWriter, rebuilder: Rebuilder
) -> None:
    await shop.open(units=3)
    old = await copied(shop)
    await shop.store.restock(shop.room_id, shop.new_id(), "tea", 5)
    await writer.drain(shop.room_id)
    await take_over(shop, old)
    await shop.advance(1)
    await shop.hold("bob")
    loss = await loss_of(shop.store, rebuilder.ledger, shop.room_id, writer.drain)
    assert (loss.restocked, loss.is_lost) == (["tea"], True)


async def test_a_room_that_has_lost_nothing_is_left_alone(
    shop: Shop, writer: LedgerWriter, rebuilder: Rebuilder
) -> None:
    await shop.open(units=3)
    await shop.cancel(await shop.hold("ann"), "ann")
    await shop.pay(await shop.hold("bob"))
    await shop.store.restock(shop.room_id, shop.new_id(), "tea", 5)
    loss = await loss_of(shop.store, rebuilder.ledger, shop.room_id, writer.drain)
    assert not loss.is_lost, loss.lines()
