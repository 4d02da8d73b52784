"""Redis is lost and made anew from SQL: as it was, and nothing is sold twice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgpack
import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import Engine

from inventory.audit import audit
from inventory.audit.report import AuditReport
from inventory.codes import Outcome
from inventory.entry import position_of
from inventory.hold import OFFER_DURATION_MS, Hold, HoldState, WantedLine
from inventory.ledger.engine import writing
from inventory.ledger.ledger import Ledger
from inventory.ledger.payments import PaymentBook
from inventory.ledger.tables import sales
from inventory.ledger.writer import LedgerWriter
from inventory.pool import Pool
from inventory.rebuild import VERSION_STEP, CannotRebuild, Rebuilder
from inventory.rebuild.loss import loss_of
from inventory.store import Result
from tests.inventory.losing import catch_up, lose
from tests.inventory.payments.entries import record, settle
from tests.inventory.shop import EXTENSION_MS, HOLD_MS, RETENTION_MS, Shop

Audit = Callable[..., Awaitable[AuditReport]]


@pytest.fixture
def audited(shop: Shop, ledger: Ledger, writer: LedgerWriter) -> Audit:
    async def run(payments: PaymentBook | None = None) -> AuditReport:
        return await audit(shop.store, ledger, [shop.room_id], writer.drain, payments)

    return run


class Kept(NamedTuple):
    """All that a room's Redis has, readable."""

    pools: list[Pool]
    holds: dict[str, Hold | None]
    buyers: dict[str, int]
    finished: dict[str, float]
    restocks: dict[bytes, object]
    watched: set[str]
    waiting: list[str]


async def kept(shop: Shop) -> Kept:
    scan = shop.store.scan(shop.room_id)
    ids = [hold_id async for chunk in scan.hold_ids() for hold_id in chunk]
    rows = {row.hold_id: row.hold for row in await scan.rows(sorted(set(ids)))}
    live = {hold_id for hold_id, hold in rows.items() if hold and hold.finished_at_ms is None}
    places: Any = await shop.redis.hgetall(shop.key("waiting"))
    in_order = sorted(
        (int(name.split(b":")[1]), it) for name, it in places.items() if b":b" not in name
    )
    restocks: Any = await shop.redis.hgetall(shop.key("ops"))
    scores: Any = await shop.redis.zrange(shop.key("finished"), 0, -1, withscores=True)
    return Kept(
        pools=await shop.store.pools(shop.room_id),
        holds=rows,
        buyers={name: n async for chunk in scan.buyers() for name, n in chunk.items()},
        finished={name.decode(): score for name, score in scores},
        restocks={name: msgpack.unpackb(it) for name, it in restocks.items()},
        watched=live & (await scan.watched()).keys(),
        waiting=[hold_id.decode() for _, hold_id in in_order if rows[hold_id.decode()]],
    )


async def paid(shop: Shop, payments: PaymentBook, hold_id: str, units: int = 1) -> Result:
    payment_id, cents = f"pay-{hold_id}", units * 990
    record(payments, shop.room_id, hold_id, payment_id, cents)
    result = await shop.pay(hold_id, payment_id, cents)
    settle(payments, result.outcome.value, payment_id)
    return result


async def eventful_room(shop: Shop, payments: PaymentBook) -> None:
    """A room with a hold in every state, and sales in most of theirs."""
    room, store = shop.room_id, shop.store
    await shop.create("later", 5)
    await shop.open("over", 2)
    await paid(shop, payments, await shop.hold("ann", sale_id="over"))
    await store.end_sale(room, "over")
    await shop.open("tea", 7, per_buyer_max=3)
    await store.restock(room, shop.new_id(), "tea", 2)
    await store.restock(room, shop.new_id(), "tea", -1)
    await paid(shop, payments, await shop.hold("bob", 2), 2)
    back, gone = await shop.hold("cyd"), await shop.hold("dan")
    for hold_id, with_restock in ((back, True), (gone, False)):
        await paid(shop, payments, hold_id)
        await store.refund(room, hold_id, f"refund-{hold_id}", with_restock=with_restock)
    await shop.cancel(await shop.hold("eve"), "eve")
    lapsed, late = await shop.hold("fay"), await shop.hold("gus")
    await shop.advance(HOLD_MS)
    await store.expire_due(room)
    assert (await paid(shop, payments, late)).outcome is Outcome.PAID_LATE
    await store.extend(room, await shop.hold("hal"), "hal")
    await shop.hold("ida", 3)
    assert (await paid(shop, payments, lapsed)).outcome is Outcome.REFUND_DUE
    first = await wait(shop, "jim")
    for buyer in ("kim", "lea", "max"):
        await shop.advance(1)
        await wait(shop, buyer)
    await shop.advance(HOLD_MS)  # ida's holds go to jim, kim and lea; jim leaves, for max
    await store.expire_due(room)
    await shop.cancel(first, "jim")
    for buyer in ("ned", "ola"):
        await shop.advance(1)
        await wait(shop, buyer)


async def wait(shop: Shop, buyer: str) -> str:
    hold_id = shop.new_id()
    result = await shop.store.reserve(
        shop.room_id, hold_id, buyer, [WantedLine("tea", 1)], or_wait=True
    )
    assert result.outcome is Outcome.WAITING, result
    return hold_id


async def test_a_lost_room_comes_back_as_it_was(
    shop: Shop, rebuilder: Rebuilder, payments: PaymentBook, audited: Audit
) -> None:
    await eventful_room(shop, payments)
    assert (await audited()).ok
    before, last = await kept(shop), (await shop.told())[-1]
    assert {hold.state for hold in before.holds.values() if hold} == set(HoldState)
    await lose(shop)
    assert not (await audited()).ok
    rebuilt = await rebuilder.rebuild(shop.room_id)
    after = await kept(shop)
    for pool, was in zip(after.pools, before.pools, strict=True):
        assert pool.version == was.version + VERSION_STEP
        numbers = {"version": pool.version, "waiting_next": 0, "waiting_end": was.waiting}
        assert pool == msgspec.structs.replace(was, **numbers)
    assert after == before._replace(pools=after.pools, finished=after.finished)
    # A sale that was ended early is forgotten as early.
    assert after.finished.keys() == before.finished.keys()
    assert all(at <= before.finished[name] for name, at in after.finished.items())
    [told] = await shop.told()
    assert (told.kind, told.position) == (Outcome.RESTORED, position_of(f"{rebuilt.epoch_ms}-0"))
    assert told.position > last.position
    report = await audited()
    assert report.ok, report.lines()


async def test_selling_goes_on_in_a_restored_room(
    shop: Shop, rebuilder: Rebuilder, payments: PaymentBook, audited: Audit
) -> None:
    await eventful_room(shop, payments)
    await audited()
    before = await kept(shop)
    await lose(shop)
    await rebuilder.rebuild(shop.room_id)
    await catch_up(shop)
    offered = [
        hold for hold in before.holds.values() if hold and hold.offered and hold.state == "held"
    ]
    assert len(offered) == 3
    assert (await paid(shop, payments, offered[0].hold_id)).outcome is Outcome.PAID
    refunded = next(it for it in before.holds.values() if it and it.state == "refund_due")
    repaid = await shop.store.refund(shop.room_id, refunded.hold_id, "r", with_restock=True)
    assert repaid.outcome is Outcome.REPAID
    late = next(it for it in before.holds.values() if it and it.paid_late)
    back = await shop.store.refund(shop.room_id, late.hold_id, "r", with_restock=True)
    assert back.outcome is Outcome.RETURNED
    served = await shop.store.hold(shop.room_id, before.waiting[0])
    assert served is not None and served.state is HoldState.HELD
    await shop.advance(max(OFFER_DURATION_MS, HOLD_MS + EXTENSION_MS))
    while (await shop.store.expire_due(shop.room_id)).again:
        pass
    last = await shop.store.hold(shop.room_id, before.waiting[1])
    assert last is not None and last.state is HoldState.HELD
    await shop.advance(2 * RETENTION_MS)
    while (await shop.store.expire_due(shop.room_id)).again:
        pass
    await shop.advance(2 * RETENTION_MS)
    while (await shop.store.expire_due(shop.room_id)).again:
        pass
    assert await shop.redis.hlen(shop.key("holds")) == 0
    assert await shop.redis.hlen(shop.key("buyers")) == 0
    report = await audited()
    assert report.ok, report.lines()


async def test_what_sql_had_not_heard_of_comes_back_by_receipt_and_never_too_much(
    shop: Shop, rebuilder: Rebuilder, writer: LedgerWriter, audited: Audit
) -> None:
    await shop.open(units=4, per_buyer_max=1)
    await shop.hold("ann")
    await writer.drain(shop.room_id)
    unheard = [(await shop.reserve(buyer)).hold for buyer in ("bob", "cyd", "dan")]
    await lose(shop)
    rebuilt = await rebuilder.rebuild(shop.room_id)
    assert (rebuilt.holds, rebuilt.live) == (1, 1)
    await catch_up(shop)
    for buyer in ("new-1", "new-2"):
        await shop.hold(buyer)  # who was faster than the receipts
    outcomes = []
    for hold in unheard:
        assert hold is not None
        assert (await shop.reserve(hold.buyer_id, hold_id=hold.hold_id)).outcome is (
            Outcome.STALE_EPOCH
        )
        outcomes.append((await shop.store.readmit(shop.room_id, hold)).outcome)
    assert outcomes == [Outcome.READMITTED, Outcome.SOLD_OUT, Outcome.SOLD_OUT]
    assert await shop.counts() == (0, 4, 0)
    report = await audited()
    assert report.ok, report.lines()


async def test_a_payment_whose_order_was_lost_is_settled_once_more(
    shop: Shop,
    rebuilder: Rebuilder,
    writer: LedgerWriter,
    payments: PaymentBook,
    audited: Audit,
) -> None:
    await shop.open()
    heard, unheard = await shop.hold("ann"), None
    await writer.drain(shop.room_id)
    await paid(shop, payments, heard)
    unheard = (await shop.reserve("bob")).hold
    assert unheard is not None
    await paid(shop, payments, unheard.hold_id)
    await lose(shop)
    rebuilt = await rebuilder.rebuild(shop.room_id)
    assert rebuilt.payments_reopened == 1
    [waiting] = payments.unsettled_of(shop.room_id)
    assert waiting.hold_id == heard
    again = await shop.pay(heard, waiting.payment_id)
    assert again.outcome is Outcome.PAID
    settle(payments, again.outcome.value, waiting.payment_id)
    # Of the other nobody knows but the payment, and the buyer's receipt.
    [line] = (await audited(payments)).differences
    assert unheard.hold_id in line
    await shop.store.readmit(shop.room_id, unheard)
    assert rebuilder.lost_payments.reopen(shop.room_id, [unheard.hold_id]) == 1
    settled = await shop.pay(unheard.hold_id, f"pay-{unheard.hold_id}")
    settle(payments, settled.outcome.value, f"pay-{unheard.hold_id}")
    report = await audited(payments)
    assert report.ok, report.lines()


async def test_a_room_that_is_used_while_it_is_rebuilt_loses_nothing(
    shop: Shop, rebuilder: Rebuilder, payments: PaymentBook, audited: Audit
) -> None:
    """Redis is not lost; the rebuild is forced, and hosts and buyers do not know of it."""
    await shop.open(units=1_000)
    for number in range(300):
        await shop.hold(f"early-{number}")
    held: list[str] = []

    async def use(number: int) -> None:
        await asyncio.sleep(0)
        await shop.create(f"sale-{number}")
        result = await shop.reserve(f"late-{number}")
        if result.outcome is Outcome.HELD and result.hold:
            held.append(result.hold.hold_id)

    using = [asyncio.create_task(use(number)) for number in range(12)]
    await rebuilder.rebuild(shop.room_id)
    await asyncio.gather(*using)
    there = await kept(shop)
    assert {pool.sale_id for pool in there.pools} == {"tea", *(f"sale-{n}" for n in range(12))}
    assert set(held) <= there.holds.keys()
    report = await audited()
    assert report.ok, report.lines()


async def test_sql_that_does_not_agree_with_itself_restores_nothing(
    shop: Shop, rebuilder: Rebuilder, engine: Engine, writer: LedgerWriter
) -> None:
    await shop.open()
    await shop.hold("ann")
    await writer.drain(shop.room_id)
    with writing(engine) as connection:
        connection.execute(sales.update().values(held=2, available=8))
    with pytest.raises(CannotRebuild, match="SQL does not agree with itself"):
        await rebuilder.rebuild(shop.room_id)
    assert len(await shop.store.pools(shop.room_id)) == 1, "it was not even closed"


async def test_the_loss_is_named(
    shop: Shop, ledger: Ledger, writer: LedgerWriter, redis: Redis
) -> None:
    async def look() -> Any:
        return await loss_of(shop.store, ledger, shop.room_id, writer.drain)

    await shop.open()
    hold_id, other = await shop.hold("ann"), await shop.hold("bob")
    assert not (await look()).is_lost
    await redis.hdel(shop.key("holds"), hold_id)
    lost = await look()
    assert lost.is_lost and (lost.holds, lost.sales, lost.entries) == ([hold_id], [], False)
    await redis.hset(shop.key("holds"), shop.new_id(), await redis.hget(shop.key("holds"), other))
    assert len((await look()).only_in_redis) == 1
    await lose(shop)
    await shop.stop_clock()
    lost = await look()
    assert (lost.sales, lost.entries) == (["tea"], True)
    assert sorted(lost.holds) == sorted([hold_id, other])
    assert lost.lines()[0] == (
        f"room {shop.room_id}: Redis has lost 1 sale, 2 live or recent holds,"
        " the latest outbox entries"
    )
