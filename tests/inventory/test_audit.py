"""The audit finds what does not agree, names it, and is exact while the room is busy."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import Redis
from sqlalchemy import Engine, delete, update

from inventory.audit import AuditReport, audit
from inventory.codes import Outcome
from inventory.ledger import Ledger, LedgerWriter, PaymentBook
from inventory.ledger.engine import writing
from inventory.ledger.tables import movements, orders, sales
from inventory.redis_store import Outbox
from tests.inventory.shop import HOLD_MS, Shop

Audit = Callable[[], Awaitable[AuditReport]]


@pytest.fixture
def audited(
    shop: Shop, outbox: Outbox, ledger: Ledger, writer: LedgerWriter, payments: PaymentBook
) -> Audit:
    async def run() -> AuditReport:
        return await audit(shop.store, outbox, ledger, [shop.room_id], writer.drain, payments)

    return run


async def sold_room(shop: Shop, payments: PaymentBook) -> str:
    """A room with a live, a paid and a cancelled hold; returns the paid one."""
    await shop.open(units=9)
    await shop.hold("ann", 2)
    paid = await shop.hold("bob")
    payments.record("sandbox", "pay-1", shop.room_id, paid, 990, shop.now_ms)
    payments.settle("sandbox", "pay-1", (await shop.pay(paid)).outcome.value, shop.now_ms)
    await shop.cancel(await shop.hold("cyd"), "cyd")
    return paid


async def test_a_room_in_order_has_no_differences(
    shop: Shop, payments: PaymentBook, audited: Audit
) -> None:
    await sold_room(shop, payments)
    report = await audited()
    assert report.lines() == [
        f"room {shop.room_id}: 1 sale, 2 units held, 1 sold, 1 paid order, 7 outbox entries",
        "audit: everything agrees in 1 room",
    ]
    assert report.ok


async def test_an_empty_room_is_in_order(audited: Audit) -> None:
    assert (await audited()).ok


async def test_a_room_is_in_order_after_its_old_records_are_forgotten(
    shop: Shop, payments: PaymentBook, audited: Audit
) -> None:
    await sold_room(shop, payments)
    await shop.advance(3 * 86_400_000)
    await shop.store.expire_due(shop.room_id)
    await shop.advance(3 * 86_400_000)
    await shop.store.expire_due(shop.room_id)
    assert await shop.redis.hlen(shop.key("holds")) == 0
    assert (await audited()).lines()[-1] == "audit: everything agrees in 1 room"


async def test_the_audit_is_exact_while_the_room_is_busy(shop: Shop, audited: Audit) -> None:
    await shop.open(units=1_000, hold_duration_ms=HOLD_MS)
    busy = True

    async def buy(buyer: str) -> None:
        while busy:
            result = await shop.reserve(buyer)
            if result.outcome is Outcome.HELD and result.hold:
                hold_id = result.hold.hold_id
                await (shop.pay(hold_id, hold_id) if buyer > "b" else shop.cancel(hold_id, buyer))
            else:
                await asyncio.sleep(0)

    buyers = [asyncio.create_task(buy(f"{letter}-{n}")) for letter in "ac" for n in range(3)]
    try:
        for _ in range(5):
            report = await audited()
            assert report.ok, report.lines()
    finally:
        busy = False
        await asyncio.gather(*buyers)


async def plant_units(shop: Shop, _paid: str) -> None:
    await shop.plant("tea", available=100)


async def plant_lost_hold(shop: Shop, paid: str) -> None:
    await shop.redis.hdel(shop.key("holds"), paid)


async def plant_lost_deadlines(shop: Shop, _paid: str) -> None:
    await shop.redis.delete(shop.key("deadlines"))


async def plant_stray_deadline(shop: Shop, paid: str) -> None:
    await shop.redis.zadd(shop.key("deadlines"), {paid: 1})


async def plant_unforgettable(shop: Shop, paid: str) -> None:
    await shop.redis.zrem(shop.key("finished"), paid)


async def plant_stray_finish(shop: Shop, _paid: str) -> None:
    await shop.redis.zadd(shop.key("finished"), {"nobody": 1})


async def plant_buyer_count(shop: Shop, _paid: str) -> None:
    await shop.redis.hdel(shop.key("buyers"), "tea:bob")


async def plant_lost_pool(shop: Shop, _paid: str) -> None:
    await shop.redis.hdel(shop.key("pools"), "tea")


@pytest.mark.parametrize(
    ("plant", "says"),
    [
        (plant_units, "sale tea conservation: expected total 9, found available 100"),
        (plant_lost_hold, "sale tea sold units, from holds: expected 0, found 1"),
        (plant_lost_deadlines, "is live but has no deadline: expected a deadline"),
        (plant_stray_deadline, "has a deadline but is not live: expected no deadline"),
        (plant_unforgettable, "is finished but will not be forgotten: expected a finish time"),
        (plant_stray_finish, "hold nobody has a finish time but is not finished"),
        (plant_buyer_count, "buyer count tea:bob: expected at least"),
        (plant_lost_pool, "sale tea has holds or buyers: expected a pool, found none"),
    ],
)
async def test_what_is_wrong_in_redis_is_named(
    shop: Shop,
    payments: PaymentBook,
    audited: Audit,
    plant: Callable[[Shop, str], Awaitable[None]],
    says: str,
) -> None:
    paid = await sold_room(shop, payments)
    await plant(shop, paid)
    report = await audited()
    assert not report.ok
    assert any(says in line for line in report.differences), report.lines()
    assert all(line.startswith(f"room {shop.room_id} ") for line in report.differences)
    count = len(report.differences)
    told = "1 difference" if count == 1 else f"{count} differences"
    assert report.lines()[-1] == f"audit: {told} in 1 room"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (delete(movements).where(movements.c.from_account == "held"), "sale tea sold in SQL"),
        (delete(orders).where(orders.c.buyer_id == "nobody"), None),
        (update(orders).values(state="held"), "is paid: expected a paid order in SQL, found none"),
        (
            update(sales).values(total=1, available=1, held=0, sold=0),
            "sale tea sold carried by SQL's sales: expected 1, found 0",
        ),
    ],
)
async def test_what_is_wrong_in_sql_is_named(
    shop: Shop,
    payments: PaymentBook,
    engine: Engine,
    writer: LedgerWriter,
    audited: Audit,
    change: object,
    says: str | None,
) -> None:
    await sold_room(shop, payments)
    await writer.drain(shop.room_id)
    with writing(engine) as connection:
        connection.execute(change)  # type: ignore[call-overload]
    found = (await audited()).differences
    assert any(says in line for line in found) if says else found == []


async def test_an_oversell_in_redis_is_found_in_two_ways(shop: Shop, audited: Audit) -> None:
    await shop.open(units=1)
    await shop.hold("ann")
    await shop.hold_more_than_there_is("bob")
    found = (await audited()).differences
    assert any("is parked" in line and "no_unit_is_owed" in line for line in found)
    assert any("sale tea total in SQL: expected 2, found 1" in line for line in found)


async def test_an_unreadable_entry_is_reported_for_its_room_only(
    shop: Shop,
    redis: Redis,
    outbox: Outbox,
    ledger: Ledger,
    writer: LedgerWriter,
    payments: PaymentBook,
) -> None:
    await sold_room(shop, payments)
    await shop.plant_unreadable_entry()
    other = Shop(redis)
    await other.stop_clock()
    await other.open()
    await other.hold("dan")
    rooms = [shop.room_id, other.room_id]
    report = await audit(shop.store, outbox, ledger, rooms, writer.drain, payments)
    [line] = report.differences
    assert line.startswith(f"room {shop.room_id} outbox entry")
    assert "is parked: cannot be read" in line


async def test_a_redis_that_lost_its_last_entries_is_found(
    shop: Shop, redis: Redis, payments: PaymentBook, writer: LedgerWriter, audited: Audit
) -> None:
    await sold_room(shop, payments)
    await writer.drain(shop.room_id)
    await redis.delete(*[shop.key(name) for name in ("outbox", "pools", "holds", "buyers")])
    found = (await audited()).differences
    assert any("outbox: expected its last entry at" in line for line in found)


async def test_payments_without_outcome_or_order_are_found(
    shop: Shop, payments: PaymentBook, audited: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inventory.audit._SETTLE_WAIT_S", 0.0)
    await sold_room(shop, payments)
    stray = shop.new_id()
    payments.record("sandbox", "pay-2", shop.room_id, stray, 990, shop.now_ms)
    payments.record("sandbox", "pay-3", shop.room_id, stray, 990, shop.now_ms)
    payments.settle("sandbox", "pay-3", Outcome.PAID.value, shop.now_ms)
    assert (await audited()).differences == [
        f"room {shop.room_id} payment sandbox:pay-2: expected an outcome, found none",
        (
            f"room {shop.room_id} payment sandbox:pay-3 is PAID: "
            f"expected a paid order {stray} in SQL, found none"
        ),
    ]


async def test_a_payment_being_settled_is_waited_for(
    shop: Shop, payments: PaymentBook, audited: Audit
) -> None:
    await shop.open()
    hold_id = await shop.hold("ann")
    payments.record("sandbox", "pay-1", shop.room_id, hold_id, 990, shop.now_ms)
    auditing = asyncio.ensure_future(audited())
    await asyncio.sleep(0)
    paid = await shop.pay(hold_id)
    payments.settle("sandbox", "pay-1", paid.outcome.value, shop.now_ms)
    report = await auditing
    assert report.ok, report.lines()
