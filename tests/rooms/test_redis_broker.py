"""The broker against a real Redis: numbered without gaps, told once, caught up after a cut."""

from collections.abc import AsyncIterator

import msgpack
import pytest
from redis.asyncio import Redis

from rooms.broker import BrokerUnavailable
from rooms.redis_broker import feed as feed_module
from rooms.redis_broker import feeds as feeds_module
from rooms.redis_broker import keys
from rooms.redis_broker import subscriber as subscriber_module
from tests.rooms.listening import Listening, event, texts


@pytest.fixture
async def listening(redis: Redis) -> AsyncIterator[Listening]:
    async with Listening(redis).running() as listening:
        yield listening


async def test_numbered_events_have_offsets_without_gap_and_others_have_none(
    listening: Listening,
) -> None:
    await listening.broker.publish(
        listening.room, [event("a"), event("like", numbered=False), event("b")]
    )
    await listening.until(lambda: len(listening.received) == 3)
    assert [each.offset for each in listening.received] == [1, None, 2]
    for each in listening.received:
        kind, name, offset, at_ms, body = msgpack.unpackb(each.payload)
        assert (kind, name, offset) == ("event", "comment", each.offset)
        assert at_ms > 1_700_000_000_000 and "text" in body


async def test_a_source_that_was_published_is_not_published_again(listening: Listening) -> None:
    await listening.broker.publish(listening.room, [event("a", source="001")])
    await listening.broker.publish(
        listening.room, [event("a again", source="001"), event("b", source="002")]
    )
    await listening.until(lambda: len(listening.received) == 2)
    assert texts(listening.received) == ["a", "b"]


async def test_the_record_is_position_fields_and_recent_events_in_one_step(
    listening: Listening,
) -> None:
    pin = event("pin")._replace(remember=(("pinned", "tea"),))
    await listening.broker.publish(listening.room, [event("a"), pin, event("b")])
    record = await listening.broker.record(listening.room, recent_max=2)
    assert record.position.offset == 3
    assert record.fields["pinned"] == "tea"
    assert texts(record.recent) == ["pin", "b"]


async def test_the_stream_is_bounded(redis: Redis, listening: Listening) -> None:
    for _ in range(40):
        await listening.broker.publish(listening.room, [event("x")] * 20)
    record = await listening.broker.record(listening.room, recent_max=10_000)
    assert record.position.offset == 800
    assert 100 <= len(record.recent) < 300


async def test_what_is_published_while_the_connection_is_cut_is_caught_up(
    redis: Redis, listening: Listening
) -> None:
    await listening.broker.publish(listening.room, [event("before")])
    await listening.until(lambda: len(listening.received) == 1)
    await redis.client_kill_filter(_type="pubsub")
    await listening.broker.publish(listening.room, [event("meanwhile"), event("too")])
    await listening.until(lambda: len(listening.received) >= 3)
    await listening.broker.publish(listening.room, [event("after")])
    await listening.until(lambda: len(listening.received) >= 4)
    assert texts(listening.received) == ["before", "meanwhile", "too", "after"]
    assert listening.resumed_rooms == [listening.room]


async def test_scripts_are_loaded_again_after_they_were_flushed(
    redis: Redis, listening: Listening
) -> None:
    await listening.broker.publish(listening.room, [event("a")])
    await redis.script_flush()
    await listening.broker.publish(listening.room, [event("b")])
    await listening.until(lambda: len(listening.received) == 2)
    assert texts(listening.received) == ["a", "b"]


async def test_only_what_redis_did_not_execute_is_sent_again(
    redis: Redis, listening: Listening
) -> None:
    """Of two scripts it knows one: what that did, it has done."""
    await redis.script_flush()
    await listening.broker.publish(listening.room, [event("a")])
    mine = event("mine", numbered=False, to="ann")
    await listening.broker.publish(listening.room, [event("b"), mine])
    await listening.until(lambda: len(listening.received) == 3)
    assert texts(listening.received) == ["a", "b", "mine"]
    assert (await listening.broker.record(listening.room, recent_max=10)).position.offset == 2


async def test_a_room_whose_subscription_never_stood_is_forgotten_and_may_be_tried_again(
    redis: Redis, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "PROBE_EVERY_S", 0.2)
    monkeypatch.setattr(subscriber_module, "SUBSCRIBE_TIMEOUT_S", 0.0)
    subscriber = listening.subscriber
    with pytest.raises(BrokerUnavailable):
        await subscriber.subscribe("slow")
    [feed] = subscriber._feeds._feeds.values()
    await listening.until(lambda: feed.rooms == {listening.room})
    monkeypatch.undo()
    assert await subscriber.subscribe("slow") == 0


async def test_viewers_of_all_workers_are_counted_and_silent_workers_forgotten(
    listening: Listening,
) -> None:
    broker, room = listening.broker, listening.room
    assert await broker.count_viewers(room, "one", 3, now_ms=0) == 3
    assert await broker.count_viewers(room, "two", 4, now_ms=5_000) == 7
    assert await broker.count_viewers(room, "two", 4, now_ms=20_000) == 4


async def test_an_event_published_again_under_its_id_is_told_once(listening: Listening) -> None:
    once = event("a")._replace(event_id="ann:1")
    await listening.broker.publish(listening.room, [once, once, event("b")])
    await listening.broker.publish(listening.room, [once, event("c")])
    await listening.until(lambda: len(listening.received) == 3)
    assert texts(listening.received) == ["a", "b", "c"]
    assert [each.offset for each in listening.received] == [1, 2, 3]


async def test_a_subscription_that_dies_without_a_word_is_noticed_and_filled(
    redis: Redis, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "PROBE_EVERY_S", 0.2)
    await listening.broker.publish(listening.room, [event("before")])
    await listening.until(lambda: len(listening.received) == 1)
    # The socket stays open and answers pings, but the channel is gone from the server's list.
    await drop_subscription_silently(listening)
    await listening.broker.publish(listening.room, [event("unheard"), event("too")])
    await listening.until(lambda: len(listening.received) == 3)
    await listening.broker.publish(listening.room, [event("after")])
    await listening.until(lambda: len(listening.received) == 4)
    assert texts(listening.received) == ["before", "unheard", "too", "after"]


async def drop_subscription_silently(listening: Listening) -> None:
    """Unsubscribe on the wire behind the client's back."""
    [feed] = listening.subscriber._feeds._feeds.values()
    connection = feed._pubsub.connection
    assert connection is not None
    await connection.send_command("UNSUBSCRIBE", keys.channel(listening.room))


async def test_a_flushed_redis_is_a_new_stream_and_is_said(
    redis: Redis, listening: Listening
) -> None:
    await listening.broker.publish(listening.room, [event("before")])
    await listening.until(lambda: len(listening.received) == 1)
    await redis.flushall()
    await listening.broker.publish(listening.room, [event("of a new epoch")])
    await listening.until(lambda: listening.lost_rooms == [listening.room])
    await listening.broker.publish(listening.room, [event("goes on")])
    await listening.until(lambda: texts(listening.received)[-1] == "goes on")


async def test_a_gap_longer_than_the_stream_is_said_not_skipped(
    redis: Redis, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds_module, "RECONNECT_DELAY_S", 1.0)
    await listening.broker.publish(listening.room, [event("before")])
    await listening.until(lambda: len(listening.received) == 1)
    await redis.client_kill_filter(_type="pubsub")
    await listening.broker.publish(listening.room, [event("gone")] * 20)
    await redis.xtrim(keys.stream(listening.room), maxlen=5, approximate=False)
    await listening.until(lambda: listening.lost_rooms == [listening.room])


async def test_a_redis_that_lost_its_latest_writes_is_another_stream(
    redis: Redis, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a failover to a replica that was behind, or a power cut: the same offsets are given
    again, to other events."""
    monkeypatch.setattr(feeds_module, "RECONNECT_DELAY_S", 1.0)
    await listening.publish("kept")
    kept = {key: await redis.dump(key) for key in await redis.keys()}
    epoch = (await listening.broker.record(listening.room, 1)).position.epoch
    await listening.publish("lost", "lost too")
    await listening.until(lambda: len(listening.received) == 3)
    await redis.client_kill_filter(_type="pubsub")
    for key, dumped in kept.items():
        await redis.restore(key, 0, dumped or b"", replace=True)
    await listening.publish("two again", "three again", "four")
    await listening.until(lambda: listening.lost_rooms == [listening.room])
    await listening.publish("goes on")
    await listening.until(lambda: texts(listening.received)[-1] == "goes on")
    assert texts(listening.received) == ["kept", "lost", "lost too", "goes on"]
    assert (await listening.broker.record(listening.room, 1)).position.epoch != epoch


async def test_events_of_many_users_come_in_one_message_each_to_its_own(
    redis: Redis, listening: Listening
) -> None:
    theirs = [event(f"for {user}", numbered=False)._replace(to=user) for user in ("ann", "bob")]
    before = (await redis.info("commandstats")).get("cmdstat_publish", {"calls": 0})["calls"]
    await listening.broker.publish(listening.room, [theirs[0], event("for all"), theirs[1]])
    await listening.until(lambda: len(listening.received) == 3)
    told = sorted(
        (each.to, text)
        for each, text in zip(listening.received, texts(listening.received), strict=True)
    )
    assert told == [("", "for all"), ("ann", "for ann"), ("bob", "for bob")]
    after = (await redis.info("commandstats"))["cmdstat_publish"]["calls"]
    assert after - before == 2
