"""Every reported payment ends in a recorded outcome, whichever step a crash comes after."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from inventory.hold import HoldState
from inventory.ledger.engine import LedgerUnavailable
from inventory.ledger.ledger import Ledger
from inventory.ledger.payments import ORPHAN, PaymentBook
from inventory.ledger.refunds import RefundBook
from inventory.ledger.writer import LedgerWriter
from inventory.payments.port import PaymentEvent
from inventory.payments.settle import AWAY_DELAY_MS, DELAY_MS_MAX, Settler, retry_delay_ms
from inventory.store import StoreUnavailable
from tests.inventory.payments import entries
from tests.inventory.shop import HOLD_MS, PRICE_CENTS, RETENTION_MS, RedisServer, Shop


class Clock:
    """The settler's clock, which a test moves."""

    def __init__(self) -> None:
        self.ms = time.time_ns() // 1_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settler(
    shop: Shop, payments: PaymentBook, refunds: RefundBook, ledger: Ledger, clock: Clock
) -> Settler:
    return Settler(shop.store, payments, refunds, ledger, clock)


def paid(
    shop: Shop, hold_id: str, payment_id: str = "pay-1", amount_cents: int = PRICE_CENTS
) -> PaymentEvent:
    return PaymentEvent(
        kind="paid",
        payment_id=payment_id,
        room_id=shop.room_id,
        hold_id=hold_id,
        amount_cents=amount_cents,
        currency="CNY",
    )


def outcome_of(book: PaymentBook, payment_id: str = "pay-1") -> str | None:
    payment = book.payment("sandbox", payment_id)
    assert payment is not None, "not even recorded"
    return payment.outcome


def record(book: PaymentBook, event: PaymentEvent) -> None:
    """The first step of settling, and then a crash."""
    name = (event.room_id, event.hold_id, event.payment_id)
    assert entries.record(book, *name, event.amount_cents, event.currency)


async def test_payment_of_a_hold_sells_its_units(
    shop: Shop, settler: Settler, payments: PaymentBook
) -> None:
    await shop.open(units=3)
    await settler.settle("sandbox", paid(shop, await shop.hold("ann")))
    assert outcome_of(payments) == "PAID"
    assert await shop.counts() == (2, 0, 1)


async def test_report_that_comes_twice_settles_once(
    shop: Shop, settler: Settler, payments: PaymentBook
) -> None:
    await shop.open(units=3)
    event = paid(shop, await shop.hold("ann"))
    await asyncio.gather(*(settler.settle("sandbox", event) for _ in range(8)))
    assert outcome_of(payments) == "PAID"
    assert await shop.counts() == (2, 0, 1)


async def test_report_that_contradicts_the_first_changes_nothing(
    shop: Shop, settler: Settler, payments: PaymentBook
) -> None:
    await shop.open(units=3)
    await settler.settle("sandbox", paid(shop, await shop.hold("ann")))
    await settler.settle("sandbox", paid(shop, await shop.hold("bob")))
    assert await shop.counts() == (1, 1, 1)


async def test_crash_after_recording_is_healed(
    shop: Shop, settler: Settler, payments: PaymentBook
) -> None:
    await shop.open(units=3)
    record(payments, paid(shop, await shop.hold("ann")))
    assert await settler.settle_pending() == 1
    assert outcome_of(payments) == "PAID"
    assert await settler.settle_pending() == 0


async def test_crash_before_the_outcome_is_written_is_healed_with_the_first_outcome(
    shop: Shop, settler: Settler, payments: PaymentBook
) -> None:
    await shop.open(units=3)
    hold_id = await shop.hold("ann")
    record(payments, paid(shop, hold_id))
    await shop.pay(hold_id)
    assert await settler.settle_pending() == 1
    assert outcome_of(payments) == "PAID"
    assert await shop.counts() == (2, 0, 1)


@pytest.mark.parametrize("hold_id", ["01900000-0000-7000-8000-000000000000", "no id at all"])
async def test_payment_for_an_unknown_hold_is_an_orphan(
    shop: Shop, settler: Settler, payments: PaymentBook, hold_id: str
) -> None:
    await shop.open(units=3)
    await settler.settle("sandbox", paid(shop, hold_id))
    assert outcome_of(payments) == ORPHAN
    assert await shop.counts() == (3, 0, 0)


async def forgotten(shop: Shop, writer: LedgerWriter, hold_id: str) -> None:
    """Lets so much time pass that only SQL knows the hold."""
    await shop.store.end_sale(shop.room_id, "tea")
    for _ in range(3):
        await shop.advance(RETENTION_MS)
        await shop.store.expire_due(shop.room_id)
    await writer.drain(shop.room_id)
    assert await shop.store.hold(shop.room_id, hold_id) is None


@pytest.mark.parametrize(
    ("paid_by", "outcome"),
    [("pay-1", "PAID"), ("pay-0", "SECOND_PAYMENT"), (None, "REFUND_DUE")],
)
async def test_payment_for_a_forgotten_hold_is_settled_by_its_order(
    shop: Shop,
    settler: Settler,
    payments: PaymentBook,
    writer: LedgerWriter,
    paid_by: str | None,
    outcome: str,
) -> None:
    await shop.open(units=3)
    hold_id = await shop.hold("ann")
    if paid_by:
        await shop.pay(hold_id, paid_by)
    await forgotten(shop, writer, hold_id)
    await settler.settle("sandbox", paid(shop, hold_id))
    assert outcome_of(payments) == outcome


async def test_payment_for_a_hold_that_redis_lost_waits(
    shop: Shop, settler: Settler, payments: PaymentBook, writer: LedgerWriter, clock: Clock
) -> None:
    await shop.open(units=3)
    hold_id = await shop.hold("ann")
    await writer.drain(shop.room_id)
    record = await shop.redis.hget(shop.key("holds"), hold_id)
    await shop.redis.hdel(shop.key("holds"), hold_id)
    await settler.settle("sandbox", paid(shop, hold_id))
    assert outcome_of(payments) is None
    assert isinstance(record, bytes)
    await shop.redis.hset(shop.key("holds"), hold_id, record)
    assert await settler.settle_pending() == 0, "not before its time"
    clock.ms += retry_delay_ms(1)
    assert await settler.settle_pending() == 1
    assert outcome_of(payments) == "PAID"


async def test_payment_that_cannot_be_settled_is_tried_more_and_more_seldom_and_says_why(
    shop: Shop, settler: Settler, payments: PaymentBook, clock: Clock
) -> None:
    await shop.open(units=3)
    event = paid(shop, await shop.hold("ann"))
    await shop.plant("tea", available=9)
    await settler.settle("sandbox", event)
    for tries in range(1, 12):
        stuck = payments.payment("sandbox", "pay-1")
        assert stuck and stuck.next_try_at_ms == clock.ms + retry_delay_ms(tries)
        assert stuck.tries == tries and "BROKEN" in str(stuck.trouble)
        clock.ms += retry_delay_ms(tries)
        await settler.settle_pending()
    assert retry_delay_ms(12) == DELAY_MS_MAX
    await shop.plant("tea", available=2)
    clock.ms += DELAY_MS_MAX
    assert await settler.settle_pending() == 1
    assert outcome_of(payments) == "PAID"


async def test_payments_that_cannot_be_settled_do_not_keep_later_ones_waiting(
    shop: Shop, settler: Settler, payments: PaymentBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inventory.payments.settle.PENDING_BATCH_MAX", 2)
    await shop.open("cup")
    await shop.open(units=3)
    stuck = [await shop.hold("ann"), await shop.hold("bob")]
    good = await shop.hold("cyd", sale_id="cup")
    await shop.plant("tea", available=9)
    for number, hold_id in enumerate((*stuck, good)):
        record(payments, paid(shop, hold_id, f"pay-{number}"))
    assert await settler.settle_pending() == 0
    assert await settler.settle_pending() == 1
    assert outcome_of(payments, "pay-2") == "PAID"


async def test_one_payment_that_redis_cannot_answer_for_does_not_keep_others_waiting(
    shop: Shop, settler: Settler, payments: PaymentBook, clock: Clock
) -> None:
    await shop.open(units=3)
    poison, good = await shop.hold("ann"), await shop.hold("bob")
    await shop.redis.hset(shop.key("holds"), poison, b"\xc1")
    for number, hold_id in enumerate((poison, good)):
        record(payments, paid(shop, hold_id, f"pay-{number}"))
    with pytest.raises(StoreUnavailable):
        await settler.settle_pending()
    assert await settler.settle_pending() == 1, "the poisoned one waits"
    assert outcome_of(payments, "pay-1") == "PAID"
    clock.ms += AWAY_DELAY_MS
    with pytest.raises(StoreUnavailable):
        await settler.settle_pending()


async def test_second_payment_of_one_hold_is_named_so(
    shop: Shop, settler: Settler, payments: PaymentBook
) -> None:
    await shop.open(units=3)
    hold_id = await shop.hold("ann")
    await settler.settle("sandbox", paid(shop, hold_id, "pay-1"))
    await settler.settle("sandbox", paid(shop, hold_id, "pay-2"))
    assert outcome_of(payments, "pay-2") == "SECOND_PAYMENT"
    assert await shop.counts() == (2, 0, 1)


@pytest.mark.parametrize(("units", "outcome"), [(2, "PAID_LATE"), (1, "REFUND_DUE")])
async def test_late_payment_is_fulfilled_if_units_are_left_and_refunded_if_not(
    shop: Shop, settler: Settler, payments: PaymentBook, units: int, outcome: str
) -> None:
    await shop.open(units=units)
    late = await shop.hold("ann")
    await shop.advance(HOLD_MS + 1)
    await shop.store.expire_due(shop.room_id)
    await shop.hold("bob")
    await settler.settle("sandbox", paid(shop, late))
    assert outcome_of(payments) == outcome


async def test_failed_payment_leaves_the_hold_as_it_was(
    shop: Shop, settler: Settler, payments: PaymentBook
) -> None:
    await shop.open(units=3)
    event = paid(shop, await shop.hold("ann"))
    await settler.settle("sandbox", msgspec.structs.replace(event, kind="failed"))
    assert payments.payment("sandbox", "pay-1") is None
    hold = await shop.store.hold(shop.room_id, event.hold_id)
    assert hold is not None
    assert hold.state is HoldState.HELD


async def test_payment_is_not_answered_for_while_sql_cannot_record_it(
    shop: Shop, settler: Settler, engine: Engine
) -> None:
    await shop.open(units=3)
    event = paid(shop, await shop.hold("ann"))
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE payments RENAME TO payments_away")
    with pytest.raises(LedgerUnavailable):
        await settler.settle("sandbox", event)
    assert await shop.counts() == (2, 1, 0), "an unrecorded payment reaches no hold"


async def test_payment_waits_in_sql_while_redis_is_away(
    payments: PaymentBook, refunds: RefundBook, ledger: Ledger, tmp_path: Path
) -> None:
    server = RedisServer(tmp_path, append_only=True)
    server.start()
    client = server.connect()
    try:
        shop = Shop(client)
        await shop.stop_clock()
        await shop.open(units=3)
        event = paid(shop, await shop.hold("ann"))
        settler = Settler(shop.store, payments, refunds, ledger, Clock())
        server.kill()
        await settler.settle("sandbox", event)
        assert outcome_of(payments) is None
        running = asyncio.create_task(settler.run())
        server.start()
        async with asyncio.timeout(20):
            while outcome_of(payments) is None:
                await asyncio.sleep(0.02)
        running.cancel()
        assert outcome_of(payments) == "PAID"
        assert await shop.counts() == (2, 0, 1)
    finally:
        await client.aclose()
        server.kill()
