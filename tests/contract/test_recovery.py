"""Coming back: exactly the missed events, in order, or the room anew; never a part of them."""

import asyncio
from typing import Any

from redis.asyncio import Redis

from tests.harness import Client, LiveServer, open_room


def since(client: Client) -> str:
    """Where a client is: the welcome's position, moved on by every numbered event."""
    position = client.welcome["position"]
    offsets = [offset for _, offset, _ in client.events if offset is not None]
    return f"{position['epoch']}:{max([position['offset'], *offsets])}"


def numbered(client: Client) -> list[int]:
    return [offset for _, offset, _ in client.events if offset is not None]


async def say(client: Client, *texts: str) -> None:
    for text in texts:
        await client.ask("comment", text=text)


async def test_a_client_that_says_where_it_was_gets_exactly_what_it_missed(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server)
    token = await live_server.guest(room)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        async with live_server.client(room, token) as ann:
            await say(host, "heard")
            await ann.event("comment")
            place = since(ann)
        await say(host, "missed 1", "missed 2", "missed 3")
        async with live_server.client(room, token, since=place) as ann:
            assert ann.welcome["recovered"] is True
            await say(host, "after")
            await ann.event("comment", where=lambda body: body["comment"]["text"] == "after")
            texts = [body["comment"]["text"] for kind, _, body in ann.events if kind == "comment"]
            assert texts == ["missed 1", "missed 2", "missed 3", "after"]
            first = int(place.split(":")[1]) + 1
            assert numbered(ann) == list(range(first, first + 4))


async def test_one_who_missed_nothing_is_recovered_with_nothing(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    token = await live_server.guest(room)
    async with live_server.client(room, token) as ann:
        place = since(ann)
    async with live_server.client(room, token, since=place) as ann:
        assert ann.welcome["recovered"] is True
        assert numbered(ann) == []


async def test_a_place_in_another_stream_or_in_the_future_gets_the_room_anew(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server)
    token = await live_server.guest(room)
    async with live_server.client(room, token) as ann:
        epoch = ann.welcome["position"]["epoch"]
        offset = ann.welcome["position"]["offset"]
    for place in (f"{'0' * 16}:{offset}", f"{epoch}:{offset + 1000}", "nonsense", f"{epoch}:-1"):
        async with live_server.client(room, token, since=place) as ann:
            assert ann.welcome["recovered"] is False
            assert ann.welcome["sales"]


async def test_a_stream_that_was_trimmed_gives_the_room_anew_not_a_part(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server)
    token = await live_server.guest(room)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        async with live_server.client(room, token) as ann:
            place = since(ann)
        await say(host, *(f"number {number}" for number in range(8)))
        redis = Redis(unix_socket_path=str(live_server.data_dir / "redis" / "redis.sock"))
        await redis.xtrim(f"kaibo:{{{room}}}:events", maxlen=5, approximate=False)
        await redis.aclose()
        async with live_server.client(room, token, since=place) as ann:
            assert ann.welcome["recovered"] is False
            assert len(ann.welcome["comments"]) == 5


async def test_many_coming_back_while_the_room_talks_miss_nothing_and_hear_nothing_twice(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server)
    tokens = [await live_server.guest(room) for _ in range(40)]
    async with live_server.client(room, live_server.token(room, "host")) as host:
        async with live_server.client(room, tokens[0]) as ann:
            place = since(ann)
        await say(host, *(f"before {number}" for number in range(10)))
        talking = asyncio.create_task(say(host, *(f"during {n}" for n in range(30)), "the end"))
        heard = await asyncio.gather(
            *(all_until_the_end(live_server, room, token, place) for token in tokens)
        )
        await talking
    first = int(place.split(":")[1]) + 1
    assert heard == [list(range(first, first + 41))] * len(tokens)


async def all_until_the_end(server: LiveServer, room: str, token: str, place: str) -> list[int]:
    async with server.client(room, token, since=place) as client:
        assert client.welcome["recovered"] is True
        await client.event("comment", where=_is_the_end)
        return numbered(client)


def _is_the_end(body: dict[str, Any]) -> bool:
    return bool(body["comment"]["text"] == "the end")


async def test_a_flushed_redis_closes_everybody_with_4010_and_a_new_epoch(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server)
    token = await live_server.guest(room)
    redis = Redis(unix_socket_path=str(live_server.data_dir / "redis" / "redis.sock"))
    async with live_server.client(room, token) as ann:
        place = since(ann)
        # Only this room's events are lost, so that the other tests' rooms live on.
        await redis.delete(f"kaibo:{{{room}}}:room", f"kaibo:{{{room}}}:events")
        code, _ = await ann.closed()
        assert code == 4010
    await redis.aclose()
    async with live_server.client(room, token, since=place) as ann:
        assert ann.welcome["recovered"] is False
        assert ann.welcome["position"]["epoch"] != place.split(":")[0]
