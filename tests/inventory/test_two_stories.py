"""Redis went back to a time before what SQL knows, and tells another story from there on. SQL keeps
to the first one, stays in agreement with itself, and Redis can be made anew from it."""

import pytest

from inventory.audit import audit
from inventory.audit.sales import sql_differences
from inventory.codes import Outcome
from inventory.hold import HoldState
from inventory.ledger.ledger import Ledger
from inventory.ledger.writer import LedgerWriter
from inventory.rebuild import Rebuilder
from tests.inventory.losing import Past
from tests.inventory.shop import HOLD_MS, Shop


@pytest.fixture
async def past(shop: Shop) -> Past:
    """Of a room with ten units, nothing yet."""
    await shop.open(units=10, per_buyer_max=3)
    return Past(shop)


async def rebuilt(shop: Shop, ledger: Ledger, writer: LedgerWriter, rebuilder: Rebuilder) -> None:
    """SQL agrees with itself, and Redis made from it agrees with SQL."""
    await writer.drain(shop.room_id)
    assert sql_differences(ledger, shop.room_id) == []
    await rebuilder.rebuild(shop.room_id)
    report = await audit(shop.store, ledger, [shop.room_id], writer.drain)
    assert report.ok, report.lines()


async def test_an_order_that_is_paid_stays_paid(
    shop: Shop, past: Past, ledger: Ledger, writer: LedgerWriter, rebuilder: Rebuilder
) -> None:
    paid, other = await shop.hold("ann"), await shop.hold("bob")
    await past.keep()
    await shop.pay(paid)
    await writer.drain(shop.room_id)
    await past.return_to()
    await shop.advance(HOLD_MS)
    expired = (await shop.store.expire_due(shop.room_id)).holds
    assert {hold.hold_id for hold in expired} == {paid, other}
    await writer.drain(shop.room_id)
    orders = ledger.holds(shop.room_id, [paid, other])
    assert orders[paid].state is HoldState.PAID
    assert orders[other].state is HoldState.EXPIRED, "the rest of the entry is posted"
    [parked] = ledger.parked(shop.room_id)
    assert (parked.kind, "contradicts" in parked.reason) == ("EXPIRED", True)
    await rebuilt(shop, ledger, writer, rebuilder)
    assert await shop.counts() == (9, 0, 1)


async def test_a_hold_that_is_asked_for_again_is_one_hold(
    shop: Shop, past: Past, ledger: Ledger, writer: LedgerWriter, rebuilder: Rebuilder
) -> None:
    """The buyer's client lost the answer with the primary, and repeats with the same id."""
    await past.keep()
    again = await shop.hold("ann", 2)
    await writer.drain(shop.room_id)
    await past.return_to()
    assert (await shop.reserve("ann", 2, hold_id=again)).outcome is Outcome.HELD
    await shop.hold("bob")
    await writer.drain(shop.room_id)
    assert ledger.parked(shop.room_id) == []
    report = await audit(shop.store, ledger, [shop.room_id], writer.drain)
    assert report.ok, report.lines()
    await rebuilt(shop, ledger, writer, rebuilder)
    assert await shop.counts() == (7, 3, 0)


async def test_what_is_over_is_not_over_twice(
    shop: Shop, past: Past, ledger: Ledger, writer: LedgerWriter, rebuilder: Rebuilder
) -> None:
    cancelled, other = await shop.hold("ann"), await shop.hold("bob")
    await past.keep()
    await shop.cancel(cancelled, "ann")
    await writer.drain(shop.room_id)
    await past.return_to()
    await shop.cancel(cancelled, "ann")
    await shop.pay(other)
    await writer.drain(shop.room_id)
    assert [each.kind for each in ledger.parked(shop.room_id)] == ["CANCELLED"]
    await rebuilt(shop, ledger, writer, rebuilder)
    assert await shop.counts() == (9, 0, 1)


async def test_units_that_sql_knows_as_sold_are_not_sold_again_for_good(
    shop: Shop, past: Past, ledger: Ledger, writer: LedgerWriter, rebuilder: Rebuilder
) -> None:
    await past.keep()
    first = [await shop.hold(f"first-{number}") for number in range(6)]
    await writer.drain(shop.room_id)
    await past.return_to()
    second = [await shop.hold(f"second-{number}") for number in range(6)]
    await writer.drain(shop.room_id)
    await rebuilt(shop, ledger, writer, rebuilder)
    assert await shop.counts() == (0, 10, 0)
    known = ledger.holds(shop.room_id, [*first, *second])
    assert set(first) <= known.keys()
    assert [hold_id in known for hold_id in second] == [True] * 4 + [False] * 2
