"""The audit finds what does not agree, names it, and is exact while the room is busy."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import Delete, Engine, Update, delete, update

from inventory.audit import audit
from inventory.audit.report import AuditReport
from inventory.codes import Outcome
from inventory.hold import WantedLine
from inventory.ledger.engine import writing
from inventory.ledger.ledger import Ledger
from inventory.ledger.payments import PaymentBook
from inventory.ledger.refunds import RefundBook
from inventory.ledger.tables import movements, order_lines, orders, sales
from inventory.ledger.tables import payments as payments_table
from inventory.ledger.writer import LedgerWriter
from tests.inventory import damage
from tests.inventory.payments.entries import record, settle
from tests.inventory.shop import HOLD_MS, Shop

HOLDS_PLANTED = 40_000  # to read them all at once takes Redis about a second
SLOW_STEP_US = 200_000

Audit = Callable[[], Awaitable[AuditReport]]


@pytest.fixture
def audited(
    shop: Shop, ledger: Ledger, writer: LedgerWriter, payments: PaymentBook, refunds: RefundBook
) -> Audit:
    async def run() -> AuditReport:
        return await audit(shop.store, ledger, [shop.room_id], writer.drain, payments, refunds)

    return run


async def sold_room(shop: Shop, payments: PaymentBook) -> str:
    """A room with a live, a paid and a cancelled hold; returns the paid one."""
    await shop.open(units=9)
    await shop.hold("ann", 2)
    paid = await shop.hold("bob")
    record(payments, shop.room_id, paid, "pay-1")
    settle(payments, (await shop.pay(paid)).outcome.value, "pay-1")
    await shop.cancel(await shop.hold("cyd"), "cyd")
    return paid


async def test_a_room_in_order_has_no_differences(
    shop: Shop, payments: PaymentBook, audited: Audit
) -> None:
    await sold_room(shop, payments)
    last_id = (await shop.told())[-1].stream_id
    report = await audited()
    assert report.lines() == [
        f"room {shop.room_id}: 1 sale, 2 units held, 1 sold, 1 paid order, 7 outbox entries",
        (
            f"  compared Redis with SQL: sales as of outbox entry {last_id}, "
            "3 holds, 2 buyers' counts, 1 payment"
        ),
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


async def test_the_audit_is_exact_while_everything_happens(
    shop: Shop, payments: PaymentBook, audited: Audit
) -> None:
    await shop.open(units=100_000, per_buyer_max=100_000)
    busy = True

    async def pay(hold_id: str) -> None:
        record(payments, shop.room_id, hold_id, hold_id)
        result = await shop.pay(hold_id, hold_id)
        settle(payments, result.outcome.value, hold_id)

    async def buy(buyer: str) -> None:
        """Cancels, pays in time, pays late or never pays, by the buyer's first letter."""
        while busy:
            hold_id = await shop.hold(buyer)
            if buyer[0] in "cl":
                await shop.cancel(hold_id, buyer)
            if buyer[0] in "pl":
                await pay(hold_id)

    async def let_time_pass() -> None:
        while busy:
            await shop.advance(HOLD_MS // 20)
            await shop.store.expire_due(shop.room_id)

    tasks = [asyncio.create_task(buy(letter)) for letter in "cpln"]
    tasks.append(asyncio.create_task(let_time_pass()))
    try:
        for _ in range(3):
            report = await audited()
            assert report.ok, report.lines()
    finally:
        busy = False
        await asyncio.gather(*tasks)
    happened = {entry.kind for entry in await shop.told()}
    assert {Outcome.PAID, Outcome.PAID_LATE, Outcome.CANCELLED, Outcome.EXPIRED} <= happened


@pytest.mark.parametrize(
    ("plant", "says"),
    [
        (damage.units, "sale tea conservation: expected total 9, found available 100"),
        (damage.lost_hold, "is paid in SQL: expected it in Redis, found none"),
        (damage.changed_hold, "lines in SQL: expected"),
        (damage.unreadable_hold, "cannot be read"),
        (damage.lost_deadlines, "to be listed, found none"),
        (damage.late_deadlines, "is held: expected its deadline"),
        (damage.unforgettable, "is paid: expected a finish time, found none"),
        (damage.stray_finish, "hold nobody is not there: expected no finish time, found one"),
        (damage.buyer_count, "buyer count tea:bob: expected 1, found 0"),
        (damage.buyer, "buyer count tea:eve: expected 0, found 2"),
        (damage.lost_pool, "sale tea: expected a pool in Redis, found none"),
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
        (update(orders).values(state="held"), "state in SQL: expected paid, found held"),
        (update(orders).values(state="held"), "sale tea sold in SQL's orders: expected 1, found 0"),
        (delete(order_lines), "lines in SQL: expected"),
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
    report = await audit(shop.store, ledger, rooms, writer.drain, payments)
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


async def test_a_place_on_the_waitlist_that_redis_lost_is_found(
    shop: Shop, redis: Redis, writer: LedgerWriter, audited: Audit
) -> None:
    await shop.open(units=1)
    await shop.hold("ann")
    mine, wanted = shop.new_id(), [WantedLine("tea", 1)]
    await shop.store.reserve(shop.room_id, mine, "bob", wanted, or_wait=True)
    await writer.drain(shop.room_id)
    await redis.hdel(shop.key("holds"), mine)
    found = (await audited()).differences
    assert any(f"hold {mine} is waiting in SQL" in line for line in found)


async def test_payments_without_outcome_or_order_are_found(
    shop: Shop, payments: PaymentBook, audited: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inventory.audit.payments.SETTLE_WAIT_S", 0.0)
    await sold_room(shop, payments)
    stray = shop.new_id()
    record(payments, shop.room_id, stray, "pay-2")
    record(payments, shop.room_id, stray, "pay-3")
    settle(payments, Outcome.PAID.value, "pay-3")
    assert (await audited()).differences == [
        f"room {shop.room_id} payment sandbox:pay-2: expected an outcome, found none",
        (
            f"room {shop.room_id} payment sandbox:pay-3 is PAID: "
            f"expected a paid order {stray} in SQL, found none"
        ),
    ]


@pytest.mark.parametrize(
    "change", [delete(payments_table), update(payments_table).values(amount_cents=1)]
)
async def test_a_paid_order_without_its_payment_is_found(
    shop: Shop, payments: PaymentBook, engine: Engine, audited: Audit, change: Delete | Update
) -> None:
    paid = await sold_room(shop, payments)
    with writing(engine) as connection:
        connection.execute(change)
    [line] = (await audited()).differences
    assert line.startswith(f"room {shop.room_id} order {paid} is paid: ")
    assert line.endswith("expected a payment pay-1 of 990 cents in SQL, found none")


async def test_no_step_of_an_audit_takes_long_however_many_holds_there_are(
    shop: Shop, redis: Redis, payments: PaymentBook, audited: Audit
) -> None:
    paid = await sold_room(shop, payments)
    record = await redis.hget(shop.key("holds"), paid)
    assert isinstance(record, bytes)
    for start in range(0, HOLDS_PLANTED, 1_000):
        ids = [f"planted-{number}" for number in range(start, start + 1_000)]
        planted: Any = dict.fromkeys(ids, record)
        await redis.hset(shop.key("holds"), mapping=planted)
    await redis.config_set("slowlog-log-slower-than", SLOW_STEP_US)
    await redis.slowlog_reset()
    report = await audited()
    assert await redis.slowlog_get() == []
    assert len(report.differences) > HOLDS_PLANTED
    assert f"  and {len(report.differences) - 100} more differences" in report.lines()


async def test_a_payment_being_settled_is_waited_for(
    shop: Shop, payments: PaymentBook, audited: Audit
) -> None:
    await shop.open()
    hold_id = await shop.hold("ann")
    record(payments, shop.room_id, hold_id, "pay-1")
    auditing = asyncio.ensure_future(audited())
    await asyncio.sleep(0)
    paid = await shop.pay(hold_id)
    settle(payments, paid.outcome.value, "pay-1")
    report = await auditing
    assert report.ok, report.lines()
