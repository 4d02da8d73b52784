"""Which server has which slot, and where a command has its key."""

import pytest

from server.cluster.slots import SlotMap, key_in, slot_of
from server.redis_url import Address

ONE, TWO, THREE = Address("one", 1), Address("two", 2), Address("three", 3)


def test_a_room_is_one_slot_and_slots_are_as_redis_counts_them() -> None:
    assert slot_of("kaibo:{room}:pools") == slot_of(b"kaibo:{room}:events") == slot_of("room")
    assert slot_of("123456789") == 12739  # from the Cluster's specification


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (("GET", "k"), "k"),
        (("hset", b"k", "f", 1), b"k"),
        (("EVALSHA", "sha1", 2, "k", "other", "k2"), "k"),
        (("EVAL", "return 1", 1, "k"), "k"),
        (("XREAD", b"COUNT", b"5", b"STREAMS", "k", "0-0"), "k"),
        (("XREAD", "BLOCK", "9", "STREAMS", "k", "0-0"), "k"),
        (("PING",), None),
        (("INFO", "server"), None),
    ],
)
def test_the_key_of_a_command_is_found(command: tuple[object, ...], key: object) -> None:
    assert key_in(command) == key


def test_the_map_is_read_whole_and_patched_by_moves() -> None:
    slots = SlotMap()
    assert slots.primary_of(0) is None
    ranges = [
        [0, 99, [b"one", 1, b"id"], [b"three", 3, b"id"]],
        [100, 16383, ["two", 2, "id"]],
    ]
    slots.read(ranges, "asked")
    assert [slots.primary_of(slot) for slot in (0, 99, 100, 16383)] == [ONE, ONE, TWO, TWO]
    assert slots.primaries() == {ONE, TWO} and slots.replicas == {THREE}
    slots.move(99, THREE)
    assert [slots.primary_of(slot) for slot in (98, 99)] == [ONE, THREE]
    slots.read([[0, 50, [b"", 7, b"id"]]], "asked")
    assert slots.primaries() == {Address("asked", 7)}
