"""The outbox: order, positions, trimming, and what its entries say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from inventory.codes import Outcome
from inventory.entry import UnreadableEntry, position_of, stream_id_of
from inventory.redis_store.outbox import Outbox
from tests.inventory.shop import HOLD_MS, RedisServer, Shop

ids = st.tuples(st.integers(0, 2**43), st.integers(0, 999_999))


@given(ids, ids)
def test_positions_order_like_stream_ids(one: tuple[int, int], two: tuple[int, int]) -> None:
    first, second = (position_of(f"{ms}-{sequence}") for ms, sequence in (one, two))
    assert (first < second) == (one < two)
    assert stream_id_of(first) == f"{one[0]}-{one[1]}"
    assert first < 2**63


def test_a_sequence_that_does_not_fit_is_refused_and_not_mixed_up() -> None:
    with pytest.raises(ValueError, match="sequence"):
        position_of("1-1000000")


async def test_each_change_is_told_once_with_the_records_as_they_were(
    shop: Shop, outbox: Outbox
) -> None:
    await shop.open(units=3)
    first, second = await shop.hold("ann"), await shop.hold("bob")
    await shop.pay(first)
    await shop.cancel(second, "bob")
    cut = shop.new_id()
    await shop.store.restock(shop.room_id, cut, "tea", -1)
    await shop.hold("cyd")
    await shop.advance(HOLD_MS)
    await shop.store.expire_due(shop.room_id)
    entries = await shop.told()
    told = [
        (entry.kind, entry.units, [pool.available for pool in entry.pools]) for entry in entries
    ]
    assert told == [
        (Outcome.CREATED, 3, [3]),
        (Outcome.STARTED, 0, [3]),
        (Outcome.HELD, 0, [2]),
        (Outcome.HELD, 0, [1]),
        (Outcome.PAID, 0, [1]),
        (Outcome.CANCELLED, 0, [2]),
        (Outcome.RESTOCKED, -1, [1]),
        (Outcome.HELD, 0, [0]),
        (Outcome.EXPIRED, 0, [1]),
    ]
    assert [entry.restock_id for entry in entries if entry.restock_id] == [cut]
    versions = [entry.pools[0].version for entry in entries]
    assert versions == list(range(1, len(entries) + 1))
    paid = [hold for entry in entries if entry.kind is Outcome.PAID for hold in entry.holds]
    assert [hold.hold_id for hold in paid] == [first]


async def test_refusals_and_repeats_tell_nothing(shop: Shop, outbox: Outbox) -> None:
    await shop.open(units=1)
    hold_id = await shop.hold("ann")
    told = await outbox.length(shop.room_id)
    await shop.reserve("bob")
    await shop.reserve("ann", hold_id=hold_id)
    await shop.cancel(hold_id, "bob")
    await shop.pay(hold_id, "pay-1", 1)
    await shop.create(units=1)
    assert await outbox.length(shop.room_id) == told


async def test_reading_goes_on_after_a_position_in_several_rooms_at_once(
    redis: Redis, shop: Shop, outbox: Outbox
) -> None:
    other = Shop(redis)
    await shop.open()
    await other.create()
    after = {shop.room_id: "0-0", other.room_id: "0-0", "room-without-outbox": "0-0"}
    entries = await outbox.read(after)
    assert {entry.room_id for entry in entries} == {shop.room_id, other.room_id}
    after |= {entry.room_id: entry.stream_id for entry in entries}
    assert await outbox.read(after) == []
    assert await outbox.read(after, block_ms=1) == []
    assert await outbox.read({}) == []
    await other.open("cup")
    assert {entry.room_id for entry in await outbox.read(after)} == {other.room_id}


@pytest.mark.parametrize("protocol", [2, 3])
async def test_both_protocols_of_redis_read_the_same(
    redis_server: RedisServer, shop: Shop, outbox: Outbox, protocol: int
) -> None:
    await shop.open()
    async with Redis(unix_socket_path=redis_server.socket_path, protocol=protocol) as client:
        found = await Outbox(client).read({shop.room_id: "0-0"})
    assert found == await outbox.read({shop.room_id: "0-0"})


async def test_trimming_removes_what_was_committed_and_nothing_after(
    shop: Shop, outbox: Outbox
) -> None:
    await shop.open()
    await shop.hold("ann")
    entries = await outbox.read({shop.room_id: "0-0"})
    assert await outbox.trim(shop.room_id, entries[1].stream_id) == 2
    assert await outbox.read({shop.room_id: "0-0"}) == entries[2:]


async def test_the_relay_keeps_its_position(shop: Shop, outbox: Outbox) -> None:
    assert await outbox.relay_position(shop.room_id) == "0-0"
    await outbox.set_relay_position(shop.room_id, "12-3")
    assert await outbox.relay_position(shop.room_id) == "12-3"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": "NEWS", "pools": b"\x90"}, "NEWS"),
        ({"kind": "PAID", "pools": b"\xc1"}, "FormatError"),
        ({"kind": b"\xff", "pools": b"\x90"}, "UnicodeDecodeError"),
        ({"kind": "RESTOCKED", "pools": b"\x90", "units": "many"}, "many"),
        ({"kind": "RESTOCKED", "pools": b"\x90", "restock_id": b"\xff"}, "UnicodeDecodeError"),
        ({b"\xff": "1"}, "kind"),
    ],
)
async def test_an_entry_of_another_shape_is_told_in_its_place_with_its_fields(
    shop: Shop, outbox: Outbox, fields: dict[str | bytes, str | bytes], why: str
) -> None:
    await shop.create()
    await shop.redis.xadd(shop.key("outbox"), fields)  # type: ignore[arg-type]
    await shop.create("cup")
    before, unreadable, after = await outbox.read({shop.room_id: "0-0"})
    assert isinstance(unreadable, UnreadableEntry)
    assert before.position < unreadable.position < after.position
    assert why in unreadable.reason
    assert len(unreadable.fields) == len(fields)
