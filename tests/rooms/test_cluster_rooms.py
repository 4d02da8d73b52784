"""Rooms on a real Cluster: sharded publish and subscribe where its servers know it."""

import asyncio
import secrets

from rooms.redis_broker import keys
from rooms.redis_broker.polls import RedisPolls
from rooms.redis_broker.rules import RedisRules
from server.cluster.client import ClusterRedis
from server.cluster.slots import slot_of
from tests.redis_nodes import Cluster, Node
from tests.rooms.listening import Listening, event, texts


def rooms_of_all_servers(cluster: Cluster) -> list[str]:
    """A new room of each primary."""
    found: dict[Node, str] = {}
    while len(found) < len(cluster.primaries):
        room = f"r_{secrets.token_hex(4)}"
        found.setdefault(cluster.owner(slot_of(keys.state(room))), room)
    return list(found.values())


async def test_events_of_rooms_on_all_servers_come_each_once_and_in_order(
    cluster: Cluster, cluster_redis: ClusterRedis
) -> None:
    assert cluster_redis.is_sharded is cluster.is_sharded
    for room in rooms_of_all_servers(cluster):
        async with Listening(cluster_redis, cluster_redis, room).running() as listening:
            await listening.publish("a", "b")
            await listening.broker.publish(room, [event("like", numbered=False), event("c")])
            await listening.until_received(4)
            assert [each.offset for each in listening.received] == [1, 2, None, 3]
            record = await listening.broker.record(room, 10)
            assert texts(record.recent) == ["a", "b", "c"]


async def test_sharded_events_stay_on_the_server_of_their_room(
    cluster: Cluster, cluster_redis: ClusterRedis
) -> None:
    """That is what sharding is for; classic events are told to every server instead."""
    room, *_ = rooms_of_all_servers(cluster)
    own = cluster.owner(slot_of(keys.state(room)))
    [other, *_] = [node for node in cluster.primaries if node is not own]
    before = other.bus_messages_received("publish", "publishshard")
    async with Listening(cluster_redis, cluster_redis, room).running() as listening:
        for _ in range(50):
            await listening.publish("x")
        await listening.until_received(50)

        def heard() -> int:
            return other.bus_messages_received("publish", "publishshard") - before

        if cluster.is_sharded:
            assert heard() == 0
        else:
            await listening.until(lambda: heard() >= 50)


async def test_what_is_published_while_connections_are_cut_is_caught_up(
    cluster: Cluster, cluster_redis: ClusterRedis
) -> None:
    rooms = [
        Listening(cluster_redis, cluster_redis, room) for room in rooms_of_all_servers(cluster)
    ]
    for listening in rooms:
        async with listening.running():
            await listening.publish("before")
            await listening.until_received(1)
            for node in cluster.primaries:
                node.ask("CLIENT", "KILL", "TYPE", "pubsub")
            await listening.publish("meanwhile", "too")
            await listening.until_received(3)
            await listening.publish("after")
            await listening.until_received(4)
            assert texts(listening.received) == ["before", "meanwhile", "too", "after"]
            assert listening.resumed_rooms == [listening.room]


async def test_a_room_that_moves_to_another_server_goes_on_without_gap_or_repeat(
    cluster: Cluster, cluster_redis: ClusterRedis
) -> None:
    """Resharding while people talk: whoever publishes meanwhile is told MOVED and follows."""
    async with Listening(cluster_redis, cluster_redis).running() as listening:
        slot = slot_of(keys.state(listening.room))
        await listening.publish("0")
        home = cluster.owner(slot)
        [away, *_] = [node for node in cluster.primaries if node is not home]
        for number, (source, target) in enumerate([(home, away), (away, home)]):
            await asyncio.to_thread(cluster.move_slot, slot, source, target)
            await listening.publish(f"{2 * number + 1}", f"{2 * number + 2}")
            await listening.until_received(2 * number + 3)
        assert texts(listening.received) == ["0", "1", "2", "3", "4"]
        assert listening.lost_rooms == []


async def test_what_reads_several_rooms_at_once_and_what_is_a_transaction_works(
    cluster: Cluster, cluster_redis: ClusterRedis
) -> None:
    rooms = rooms_of_all_servers(cluster)
    rules = RedisRules(cluster_redis)
    await rules.ban(rooms[1], "bob", now_ms=5)
    versions = await rules.versions(rooms)
    assert [bool(version) for version in versions] == [False, True, False]
    assert (await rules.read(rooms[1])).banned == {"bob"}
    polls = RedisPolls(cluster_redis)
    await polls.open(rooms[2], "p1", "Which?", ["one", "two"])
    await polls.vote(rooms[2], "p1", "ann", 1)
    poll = await polls.last(rooms[2])
    assert poll is not None and poll.votes == (0, 1)
