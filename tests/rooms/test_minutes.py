"""Counts by the minute in a real Redis: once for each stretch of their source, and bounded."""

import asyncio

import msgpack
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from rooms.minutes import Counted, Counts, Mark, add, counts_of, field_of
from rooms.redis_broker import keys, minutes
from rooms.redis_broker.minutes import RedisMinutes

ROOM = "tea"
MINUTE = 29_000_000
TEA = Counted("paid", "tea")
ALL = Counted("paid")


@given(st.integers(0, 10**8), st.sampled_from(["paid", "held"]), st.from_regex(r"\A[a-z|]{0,5}\Z"))
def test_a_count_is_found_again_in_its_minute(minute: int, name: str, about: str) -> None:
    counted = Counted(name, about)
    stored = [(minute // 60, {field_of(minute, counted): 3})]
    assert counts_of(stored, minute, minute) == {minute: {counted: 3}}
    assert counts_of(stored, minute + 1, minute + 9) == {}


async def test_minutes_of_two_hours_are_read_together(redis: Redis) -> None:
    counts: Counts = {}
    for minute in (MINUTE, MINUTE + 1, MINUTE + 70):
        add(counts, minute, TEA, 2)
        add(counts, minute, ALL, 1)
    kept = RedisMinutes(redis)
    await kept.add(ROOM, counts, [Mark(MINUTE * 60_000, "pin", "tea")])
    await kept.add(ROOM, {MINUTE: {TEA: 5}})
    found, marks = await kept.read(ROOM, MINUTE, MINUTE + 70)
    assert found[MINUTE] == {TEA: 7, ALL: 1}
    assert found[MINUTE + 70] == {TEA: 2, ALL: 1}
    assert marks == [Mark(MINUTE * 60_000, "pin", "tea")]
    later, no_marks = await kept.read(ROOM, MINUTE + 1, MINUTE + 69)
    assert list(later) == [MINUTE + 1]
    assert no_marks == []
    assert 0 < await redis.ttl(keys.hour(ROOM, MINUTE // 60)) <= 26 * 3600


async def test_a_stretch_of_the_source_is_counted_once_whoever_counts_it(redis: Redis) -> None:
    kept = RedisMinutes(redis)
    again = await asyncio.gather(
        *(kept.add_once(ROOM, "", "10", {MINUTE: {ALL: 4}}, ()) for _ in range(8))
    )
    assert sum(again) == 1
    assert await kept.position(ROOM) == "10"
    assert not await kept.add_once(ROOM, "9", "20", {MINUTE: {ALL: 4}}, ())
    assert await kept.add_once(ROOM, "10", "20", {MINUTE: {ALL: 1}}, ())
    found, _ = await kept.read(ROOM, MINUTE, MINUTE)
    assert found == {MINUTE: {ALL: 5}}


async def test_a_level_only_rises(redis: Redis) -> None:
    kept = RedisMinutes(redis)
    for viewers in (3, 9, 0, 4):
        await kept.raise_to(ROOM, {MINUTE: {Counted("viewers"): viewers}})
    assert (await kept.read(ROOM, MINUTE, MINUTE))[0] == {MINUTE: {Counted("viewers"): 9}}


async def test_a_full_hour_still_counts_the_room_and_what_it_has(redis: Redis) -> None:
    kept = RedisMinutes(redis)
    of_many = {Counted("paid", f"p{number}"): 1 for number in range(minutes.HOUR_FIELDS_MAX)}
    await kept.add(ROOM, {MINUTE: of_many})
    await kept.add(ROOM, {MINUTE: {Counted("paid", "new"): 1, Counted("paid", "p7"): 1, ALL: 1}})
    found = (await kept.read(ROOM, MINUTE, MINUTE))[0][MINUTE]
    assert Counted("paid", "new") not in found
    assert (found[Counted("paid", "p7")], found[ALL]) == (2, 1)


async def test_only_the_latest_marks_are_kept(redis: Redis) -> None:
    kept = RedisMinutes(redis)
    many = [Mark(MINUTE * 60_000, "pin", str(number)) for number in range(minutes.MARKS_KEPT + 300)]
    await kept.add(ROOM, {}, many)
    _, marks = await kept.read(ROOM, MINUTE, MINUTE)
    assert len(marks) < minutes.MARKS_KEPT + 200
    assert marks[-1].about == str(minutes.MARKS_KEPT + 299)
    assert msgpack.packb(list(marks[-1]))
