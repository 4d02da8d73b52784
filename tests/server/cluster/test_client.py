"""The client of a real Cluster: commands find their server, also when it has changed or is away."""

import asyncio
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from server.cluster.client import ClusterRedis
from server.cluster.slots import slot_of
from server.connecting import reach, redis_client
from tests.redis_nodes import Cluster, Node, binaries, store_options

KEYS = [f"{{client-{number}}}:key" for number in range(20)]  # of all three servers


def home_and_away(cluster: Cluster, key: str) -> tuple[Node, Node]:
    home = cluster.owner(slot_of(key))
    return home, next(node for node in cluster.primaries if node is not home)


async def test_commands_and_pipelines_reach_the_server_of_each_key(
    cluster: Cluster, cluster_redis: ClusterRedis
) -> None:
    pipe = cluster_redis.pipeline(transaction=False)
    for key in KEYS:
        pipe.set(key, key)
        pipe.get(key)
    assert await pipe.execute() == [answer for key in KEYS for answer in (True, key.encode())]
    assert {cluster.owner(slot_of(key)) for key in KEYS} == set(cluster.primaries)
    for key in KEYS:
        assert cluster.owner(slot_of(key)).ask("GET", key) == key
        assert await cluster_redis.eval("return redis.call('GET', KEYS[1])", 1, key) == key.encode()
    assert await cluster_redis.ping()


async def test_a_transaction_is_of_one_slot(cluster_redis: ClusterRedis) -> None:
    pipe = cluster_redis.pipeline(transaction=True)
    pipe.set("{tx}:a", 1)
    pipe.incr("{tx}:a")
    assert await pipe.execute() == [True, 2]
    pipe.set("{tx}:a", 1)
    pipe.set("{other}:a", 1)
    with pytest.raises(ValueError, match="one room"):
        await pipe.execute()


async def test_an_error_of_one_command_is_raised_or_told_in_its_place(
    cluster_redis: ClusterRedis,
) -> None:
    await cluster_redis.set("{err}:text", "a")
    pipe = cluster_redis.pipeline(transaction=False)
    pipe.get("{err}:text")
    pipe.incr("{err}:text")
    pipe.get("{err}:text")
    before, failure, after = await pipe.execute(raise_on_error=False)
    assert (before, after) == (b"a", b"a") and isinstance(failure, RedisError)
    pipe.incr("{err}:text")
    with pytest.raises(RedisError, match="integer"):
        await pipe.execute()


async def test_slots_that_moved_are_followed(cluster: Cluster, cluster_redis: ClusterRedis) -> None:
    key = "{moved}:key"
    await cluster_redis.set(key, "kept")
    home, away = home_and_away(cluster, key)
    for source, target, text in ((home, away, b"kept"), (away, home, b"1")):
        await asyncio.to_thread(cluster.move_slot, slot_of(key), source, target)
        pipe = cluster_redis.pipeline(transaction=True)
        pipe.get(key)
        pipe.set(key, 0)
        pipe.incr(key)
        assert await pipe.execute() == [text, True, 1]
        assert (await cluster_redis.get(key)) == b"1"
        assert target.ask("GET", key) == "1"


async def test_keys_on_their_way_are_asked_for_where_they_are(
    cluster: Cluster, cluster_redis: ClusterRedis
) -> None:
    """ASK, which is for one command of one connection, with many connections in use."""
    kept, gone = "{ask}:kept", "{ask}:gone"
    slot = slot_of(kept)
    await cluster_redis.set(gone, "there")
    home, away = home_and_away(cluster, kept)
    cluster.start_moving(slot, home, away)
    try:
        await cluster_redis.set(kept, "here")  # a new key is asked for over there, too
        asked = [cluster_redis.get(key) for key in (kept, gone) * 20]
        assert await asyncio.gather(*asked) == [b"here", b"there"] * 20
        pipe = cluster_redis.pipeline(transaction=False)
        pipe.get(kept)
        pipe.incr("{ask}:count")
        assert await pipe.execute() == [b"here", 1]
    finally:
        cluster.give_slot(slot, away)
        cluster.move_slot(slot, away, home)


async def test_the_map_is_found_through_the_one_server_that_answers(cluster: Cluster) -> None:
    node = cluster.primaries[-1]
    client = redis_client(f"redis+cluster://127.0.0.1:1,{node.address}")
    await reach(client)
    try:
        assert await client.set("{found}:key", 1)
    finally:
        await client.aclose()


async def test_a_redis_that_is_no_cluster_is_refused(tmp_path: Path) -> None:
    node = Node(next(iter(binaries().values())), tmp_path, *store_options())
    node.start()
    try:
        client = redis_client(f"redis+cluster://{node.address}")
        with pytest.raises(RedisError, match="cluster support disabled"):
            await reach(client)
        await client.aclose()
    finally:
        node.kill()
