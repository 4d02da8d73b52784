"""The ledger writer: it follows every room, trims what is safe, and outlives its neighbours."""

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, select, text

from inventory.codes import Outcome
from inventory.entry import UnreadableEntry, stream_id_of
from inventory.hold import HoldState
from inventory.ledger.catalogue import Catalogue, Room
from inventory.ledger.engine import reading, writing
from inventory.ledger.ledger import Ledger
from inventory.ledger.tables import parked
from inventory.ledger.writer import LedgerWriter
from inventory.redis_store.outbox import Outbox
from inventory.store import StoreUnavailable
from tests.inventory.following import eventually, running
from tests.inventory.shop import RedisServer, Shop


async def is_held(shop: Shop, hold_id: str) -> bool:
    """Reserves as a client does while the store may be away: again, with the same id."""
    try:
        result = await shop.reserve("bob", hold_id=hold_id)
    except StoreUnavailable:
        return False
    return result.outcome in (Outcome.HELD, Outcome.REPLAYED)


async def reaches_sql(ledger: Ledger, room_id: str, hold_id: str, state: HoldState) -> None:
    async def is_there() -> bool:
        hold = ledger.hold(room_id, hold_id)
        return hold is not None and hold.state is state

    await eventually(is_there, f"{hold_id} is {state} in SQL")


async def test_what_is_held_and_paid_reaches_sql(
    shop: Shop, writer: LedgerWriter, ledger: Ledger
) -> None:
    await shop.open()
    async with running(writer):
        hold_id = await shop.hold("ann")
        await reaches_sql(ledger, shop.room_id, hold_id, HoldState.HELD)
        await shop.pay(hold_id)
        await reaches_sql(ledger, shop.room_id, hold_id, HoldState.PAID)


async def test_rooms_made_later_are_followed_too(
    shop: Shop, writer: LedgerWriter, ledger: Ledger, catalogue: Catalogue
) -> None:
    other = Shop(shop.redis)
    await other.stop_clock()
    async with running(writer):
        room = Room(room_id=other.room_id, title="New", video_url=None, currency="CNY")
        catalogue.put_room(room)
        await other.open()
        await reaches_sql(ledger, other.room_id, await other.hold("ann"), HoldState.HELD)


async def test_the_outbox_is_trimmed_below_the_slower_of_its_readers(
    shop: Shop, writer: LedgerWriter, outbox: Outbox
) -> None:
    await shop.open()
    await shop.hold("ann")
    entries = await outbox.read({shop.room_id: "0-0"})
    await writer.drain(shop.room_id)
    assert await outbox.read({shop.room_id: "0-0"}) == entries  # the relay has told nothing yet
    await outbox.set_relay_position(shop.room_id, entries[1].stream_id)
    await writer.drain(shop.room_id)
    assert await outbox.read({shop.room_id: "0-0"}) == entries[2:]
    await outbox.set_relay_position(shop.room_id, entries[2].stream_id)
    await shop.hold("bob")
    await writer.drain(shop.room_id)
    assert await outbox.length(shop.room_id) == 1


async def test_a_crash_between_commit_and_trim_changes_nothing(
    shop: Shop, outbox: Outbox, ledger: Ledger, catalogue: Catalogue
) -> None:
    await shop.open()
    hold_id = await shop.hold("ann")
    entries = await outbox.read({shop.room_id: "0-0"})
    ledger.apply(shop.room_id, entries)  # and here the writer dies
    await outbox.set_relay_position(shop.room_id, entries[-1].stream_id)
    successor = LedgerWriter(outbox, ledger, catalogue)
    assert await successor.drain(shop.room_id) == entries[-1].position
    assert await outbox.length(shop.room_id) == 0
    assert len(ledger.orders(shop.room_id, 10)) == 1
    await shop.pay(hold_id)
    await successor.drain(shop.room_id)
    found = ledger.hold(shop.room_id, hold_id)
    assert found is not None and found.state is HoldState.PAID


async def test_an_unreadable_entry_is_parked_and_stops_no_room(
    shop: Shop, engine: Engine, writer: LedgerWriter, ledger: Ledger, catalogue: Catalogue
) -> None:
    other = Shop(shop.redis)
    await other.stop_clock()
    room = Room(room_id=other.room_id, title="Other", video_url=None, currency="CNY")
    catalogue.put_room(room)
    await shop.open()
    await shop.plant_unreadable_entry()
    async with running(writer):
        await reaches_sql(ledger, shop.room_id, await shop.hold("ann"), HoldState.HELD)
        await other.open()
        await reaches_sql(ledger, other.room_id, await other.hold("bob"), HoldState.HELD)
    [seen] = ledger.parked(shop.room_id)
    assert (seen.kind, ledger.parked(other.room_id)) == ("unreadable", [])
    with reading(engine) as connection:
        kept = msgspec.json.decode(connection.execute(select(parked.c.entry_json)).scalar_one())
    assert msgspec.convert(kept, UnreadableEntry, strict=False).fields["kind"] == b"NEWS"


async def test_an_entry_that_makes_no_sense_is_parked(
    shop: Shop, writer: LedgerWriter, ledger: Ledger
) -> None:
    await shop.open()
    nothing = {"kind": "RESTOCKED", "pools": b"\x90", "units": "3"}
    await shop.redis.xadd(shop.key("outbox"), nothing)  # type: ignore[arg-type]
    hold_id = await shop.hold("ann")
    await writer.drain(shop.room_id)
    assert [each.kind for each in ledger.parked(shop.room_id)] == ["RESTOCKED"]
    assert ledger.hold(shop.room_id, hold_id) is not None


async def test_two_writers_at_once_are_harmless(
    shop: Shop, outbox: Outbox, ledger: Ledger, catalogue: Catalogue
) -> None:
    await shop.open(units=40)
    async with (
        running(LedgerWriter(outbox, ledger, catalogue)),
        running(LedgerWriter(outbox, ledger, catalogue)),
    ):
        held = [await shop.hold(f"buyer-{number}") for number in range(40)]
        await reaches_sql(ledger, shop.room_id, held[-1], HoldState.HELD)
    balances = ledger.statements.balances(shop.room_id)
    assert (
        balances.summed
        == balances.carried
        == {"tea": {"total": 40, "available": 0, "held": 40, "sold": 0}}
    )


async def test_while_sql_is_away_the_outbox_waits_and_then_all_arrives(
    shop: Shop,
    engine: Engine,
    writer: LedgerWriter,
    ledger: Ledger,
    outbox: Outbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await shop.open()
    _rename(engine, "orders", "away")
    async with running(writer):
        held = [await shop.hold(buyer) for buyer in ("ann", "bob")]

        async def has_failed() -> bool:
            return "ledger writer waits" in caplog.text

        await eventually(has_failed, "the writer says that SQL is away")
        assert await outbox.length(shop.room_id) == 4
        _rename(engine, "away", "orders")
        for hold_id in held:
            await reaches_sql(ledger, shop.room_id, hold_id, HoldState.HELD)
    assert ledger.parked(shop.room_id) == []


def _rename(engine: Engine, old: str, new: str) -> None:
    with writing(engine) as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


async def test_a_redis_that_dies_and_returns_is_followed_again(
    tmp_path: Path, engine: Engine, ledger: Ledger
) -> None:
    server = RedisServer(tmp_path, append_only=True)
    server.start()
    try:
        async with server.connect() as redis:
            shop, catalogue = Shop(redis), Catalogue(engine)
            await shop.stop_clock()
            room = Room(room_id=shop.room_id, title="Tea", video_url=None, currency="CNY")
            catalogue.put_room(room)
            async with running(LedgerWriter(Outbox(redis), ledger, catalogue)):
                await shop.open()
                first = await shop.hold("ann")
                await reaches_sql(ledger, shop.room_id, first, HoldState.HELD)
                server.kill()
                server.start()
                second = shop.new_id()
                await eventually(lambda: is_held(shop, second), "Redis takes reservations again")
                await reaches_sql(ledger, shop.room_id, second, HoldState.HELD)
            last = await Outbox(redis).read({shop.room_id: "0-0"})
            assert stream_id_of(ledger.position(shop.room_id)) == last[-1].stream_id
    finally:
        server.kill()
