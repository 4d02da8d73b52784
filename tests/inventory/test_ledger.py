"""The ledger: every effect exactly once, whatever is read twice, crashes or races."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from inventory.codes import Outcome
from inventory.entry import Entry
from inventory.hold import HoldState, WantedLine
from inventory.ledger.engine import LedgerUnavailable, reading, writing
from inventory.ledger.ledger import Ledger, PaidTotals
from inventory.ledger.postings import Movement, as_counters, counter_changes, fold
from inventory.ledger.tables import (
    ledger_positions,
    movements,
    order_lines,
    orders,
    restocks,
    sales,
)
from inventory.ledger.writer import LedgerWriter
from inventory.pool import Account, counters
from inventory.redis_store.outbox import Outbox
from tests.inventory.shop import HOLD_MS, Shop


async def busy_room(shop: Shop, outbox: Outbox) -> list[Entry]:
    """A room where everything happened at least once; returns its entries."""
    await shop.open("tea", units=9)
    await shop.open("cup", units=9)
    both = [WantedLine("tea", 1), WantedLine("cup", 2)]
    cart = shop.new_id()
    await shop.store.reserve(shop.room_id, cart, "ann", both)
    paid = await shop.hold("bob", 2)
    await shop.store.extend(shop.room_id, paid, "bob")
    await shop.pay(paid, "pay-1", 2 * 990)
    await shop.cancel(await shop.hold("cyd"), "cyd")
    await shop.store.restock(shop.room_id, shop.new_id(), "cup", 4)
    await shop.store.restock(shop.room_id, shop.new_id(), "cup", -2)
    await shop.advance(HOLD_MS)
    await shop.store.expire_due(shop.room_id)
    await shop.pay(cart, "pay-2", 3 * 990)
    await shop.hold("dan")
    await shop.store.end_sale(shop.room_id, "tea")
    return await shop.told()


def assert_balanced(ledger: Ledger, room_id: str, pools: dict[str, dict[str, int]]) -> None:
    """The movements, the sales and the orders all say what the pools say."""
    balances = ledger.statements.balances(room_id)
    assert balances.summed == balances.carried == pools
    names = ("held", "sold")
    bought = {sale_id: {name: its[name] for name in names} for sale_id, its in pools.items()}
    assert balances.ordered == bought


def everything(engine: Engine) -> list[list[tuple[object, ...]]]:
    """All rows of the tables that entries write."""
    written = (sales, orders, order_lines, movements, restocks, ledger_positions)
    queries = [select(table).order_by(*table.primary_key.columns) for table in written]
    with reading(engine) as connection:
        return [[tuple(row) for row in connection.execute(query)] for query in queries]


async def test_sql_ends_with_the_records_that_redis_has(
    shop: Shop, outbox: Outbox, ledger: Ledger
) -> None:
    entries = await busy_room(shop, outbox)
    assert ledger.apply(shop.room_id, entries) == entries[-1].position
    pools = {pool.sale_id: counters(pool) for pool in await shop.store.pools(shop.room_id)}
    assert ledger.statements.counters_at(shop.room_id, entries[-1].position) == pools
    assert_balanced(ledger, shop.room_id, pools)
    for order in ledger.orders(shop.room_id, 100):
        assert await shop.store.hold(shop.room_id, order.hold_id) == order
    assert len(ledger.orders(shop.room_id, 100)) == 4


async def test_entries_read_again_change_nothing(
    shop: Shop, outbox: Outbox, engine: Engine, ledger: Ledger
) -> None:
    entries = await busy_room(shop, outbox)
    ledger.apply(shop.room_id, entries)
    once = everything(engine)
    ledger.apply(shop.room_id, entries)
    for entry in entries:
        assert ledger.apply(shop.room_id, [entry]) == entries[-1].position
    assert everything(engine) == once


@pytest.mark.parametrize("size", [1, 2, 3, 7, 500])
async def test_the_size_of_a_batch_makes_no_difference(
    shop: Shop, outbox: Outbox, engine: Engine, ledger: Ledger, size: int
) -> None:
    entries = await busy_room(shop, outbox)
    for start in range(0, len(entries), size):
        ledger.apply(shop.room_id, entries[start : start + size])
    pools = {pool.sale_id: counters(pool) for pool in await shop.store.pools(shop.room_id)}
    assert_balanced(ledger, shop.room_id, pools)
    assert [len(rows) for rows in everything(engine)] == [2, 4, 5, 15, 2, 1]


async def test_two_writers_at_once_write_each_entry_once(
    shop: Shop, outbox: Outbox, ledger: Ledger
) -> None:
    entries = await busy_room(shop, outbox)
    start = threading.Barrier(4)

    def write(_writer: int) -> int:
        start.wait()
        steps = [entries[: number + 1] for number in range(len(entries))]
        return [ledger.apply(shop.room_id, step) for step in steps][-1]

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(write, range(4))) == {entries[-1].position}
    pools = {pool.sale_id: counters(pool) for pool in await shop.store.pools(shop.room_id)}
    assert_balanced(ledger, shop.room_id, pools)


async def test_a_failure_in_the_middle_leaves_no_half(
    shop: Shop, outbox: Outbox, engine: Engine, ledger: Ledger
) -> None:
    entries = await busy_room(shop, outbox)
    _rename(engine, "movements", "gone")  # the last table that a transaction writes
    with pytest.raises(LedgerUnavailable):
        ledger.apply(shop.room_id, entries)
    assert ledger.orders(shop.room_id, 10) == []
    assert ledger.position(shop.room_id) == 0
    _rename(engine, "gone", "movements")
    ledger.apply(shop.room_id, entries)
    assert len(ledger.orders(shop.room_id, 10)) == 4


def _rename(engine: Engine, old: str, new: str) -> None:
    with writing(engine) as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


async def test_an_oversell_cannot_be_committed_and_is_parked(
    shop: Shop, outbox: Outbox, ledger: Ledger
) -> None:
    await shop.open(units=1)
    await shop.hold("ann")
    await shop.hold_more_than_there_is("bob")
    await shop.store.end_sale(shop.room_id, "tea")
    entries = await outbox.read({shop.room_id: "0-0"})
    assert ledger.apply(shop.room_id, entries) == entries[-1].position
    [parked] = ledger.parked(shop.room_id)
    assert (parked.position, parked.kind) == (entries[3].position, "HELD")
    assert "no_unit_is_owed" in parked.reason
    assert [order.buyer_id for order in ledger.orders(shop.room_id, 10)] == ["ann"]
    ledger.apply(shop.room_id, entries)
    assert len(ledger.parked(shop.room_id)) == 1


async def test_orders_come_newest_first_and_only_to_their_buyer(
    shop: Shop, writer: LedgerWriter, ledger: Ledger
) -> None:
    await shop.open(units=9, per_buyer_max=9)
    held = []
    for buyer in ("ann", "bob", "ann"):
        held.append(await shop.hold(buyer))
        await shop.advance(1)
    await writer.drain(shop.room_id)
    assert [order.hold_id for order in ledger.orders(shop.room_id, 9)] == held[::-1]
    of_ann = ledger.orders_of(shop.room_id, "ann", 9)
    assert [order.hold_id for order in of_ann] == [held[2], held[0]]
    assert [order.hold_id for order in ledger.orders_of(shop.room_id, "ann", 1)] == [held[2]]
    assert ledger.orders_of("another-room", "ann", 9) == []
    found = ledger.hold(shop.room_id, held[1])
    assert found is not None and found.state is HoldState.HELD
    assert ledger.hold(shop.room_id, shop.new_id()) is None


async def test_older_orders_follow_page_by_page(
    shop: Shop, writer: LedgerWriter, ledger: Ledger
) -> None:
    await shop.open(units=9)
    held = [await shop.hold(f"buyer-{number}") for number in range(5)]  # all in one millisecond
    await writer.drain(shop.room_id)
    pages: list[list[str]] = []
    before = None
    while page := ledger.orders(shop.room_id, 2, before):
        pages.append([order.hold_id for order in page])
        before = page[-1]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(hold_id for page in pages for hold_id in page) == sorted(held)
    assert ledger.orders_of(shop.room_id, "buyer-1", 9, ledger.hold(shop.room_id, held[1])) == []


async def test_paid_totals_count_all_that_is_paid_and_nothing_else(
    shop: Shop, writer: LedgerWriter, ledger: Ledger
) -> None:
    await shop.open(units=9)
    for buyer, quantity in (("ann", 2), ("bob", 1)):
        await shop.pay(await shop.hold(buyer, quantity), f"pay-{buyer}", quantity * 990)
    await shop.hold("cyd")
    await writer.drain(shop.room_id)
    assert ledger.paid_totals(shop.room_id) == PaidTotals(count=2, cents=3 * 990)
    assert ledger.paid_totals(shop.room_id, "ann") == PaidTotals(count=1, cents=2 * 990)
    assert ledger.paid_totals(shop.room_id, "cyd") == PaidTotals(count=0, cents=0)


async def test_the_ledger_remembers_what_redis_has_forgotten(
    shop: Shop, writer: LedgerWriter, ledger: Ledger
) -> None:
    await shop.open()
    hold_id = await shop.hold("ann")
    await shop.pay(hold_id)
    await shop.advance(3 * 86_400_000)
    await shop.store.expire_due(shop.room_id)
    await writer.drain(shop.room_id)
    assert await shop.store.hold(shop.room_id, hold_id) is None
    found = ledger.hold(shop.room_id, hold_id)
    assert found is not None and found.state is HoldState.PAID


accounts = st.sampled_from(Account)
any_movement = st.builds(
    Movement,
    position=st.integers(1, 9),
    sale_id=st.sampled_from(("tea", "cup")),
    from_account=accounts,
    to_account=accounts,
    units=st.integers(1, 9),
)


@given(st.lists(any_movement))
def test_double_entry_keeps_the_conservation_law_by_itself(moves: list[Movement]) -> None:
    for change in counter_changes(moves).values():
        assert change["total"] == change["available"] + change["held"] + change["sold"]


def test_counters_of_an_empty_account_are_zero() -> None:
    assert as_counters({}) == {"total": 0, "available": 0, "held": 0, "sold": 0}


async def test_what_moves_no_units_posts_no_movement(shop: Shop, outbox: Outbox) -> None:
    await shop.open()
    hold_id = await shop.hold("ann")
    await shop.store.extend(shop.room_id, hold_id, "ann")
    await shop.store.end_sale(shop.room_id, "tea")
    entries = await shop.told()
    moving = [entry.kind for entry in entries if fold([entry]).movements]
    assert moving == [Outcome.CREATED, Outcome.HELD]
