"""A hot room: others' comments are sampled, and who sells or moderates never waits behind them."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.harness import Client, LiveServer, new_id, one, open_room


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server whose rooms take two comments of viewers a second."""
    folder = tmp_path_factory.mktemp("small") / "data"
    server = LiveServer(folder, KAIBO_ROOM_COMMENTS_PER_S_MAX="2")
    server.start()
    yield server
    server.stop()


async def test_a_hot_room_shows_a_sample_and_tells_the_others_so(small: LiveServer) -> None:
    room = await open_room(small)
    async with (
        small.client(room, small.token(room, "host")) as host,
        small.client(room, await small.guest(room)) as ann,
    ):
        said = await asyncio.gather(*(say_as_new(small, room, n) for n in range(30)))
        await host.ask("comment", text="the end")
        await ann.event("comment", where=lambda body: body["comment"]["text"] == "the end")
        heard = [body["comment"]["text"] for kind, _, body in ann.events if kind == "comment"]
        shown = [text for text, is_shown in said if is_shown]
        assert sorted(heard) == sorted([*shown, "the end"])
        assert 2 <= len(shown) < 30


async def say_as_new(server: LiveServer, room: str, number: int) -> tuple[str, bool]:
    async with server.client(room, server.token(room)) as client:
        return await said(client, f"number {number}")


async def said(client: Client, text: str) -> tuple[str, bool]:
    """What the author is answered: always its own comment, and whether others see it."""
    answer = await client.ask("comment", text=text)
    assert answer["comment"]["text"] == text
    return text, answer["shown"]


async def test_hosts_assistants_and_purchases_are_not_sampled(small: LiveServer) -> None:
    room = await open_room(small, units=5)
    async with (
        small.client(room, small.token(room, "host")) as host,
        small.client(room, await small.guest(room)) as ann,
        small.client(room, await small.guest(room, "Bob")) as bob,
    ):
        await host.ask("set_role", user_id=bob.welcome["you"]["user_id"], role="assistant")
        while (await said(ann, "fills the room"))[1]:
            pass
        for number in range(10):
            assert (await said(host, f"host {number}"))[1]
            assert (await said(bob, f"assistant {number}"))[1]
        held = await ann.ask("reserve", reservation_id=new_id(), lines=one("flash"))
        assert held["hold"]["state"] == "held"


async def test_a_retry_of_what_was_shown_never_says_that_it_was_not(small: LiveServer) -> None:
    room = await open_room(small)
    mine = new_id()
    async with (
        small.client(room, await small.guest(room)) as ann,
        small.client(room, await small.guest(room, "Bob")) as bob,
    ):
        assert (await ann.ask("comment", text="mine", comment_id=mine))["shown"]
        while (await said(bob, "fills the room"))[1]:
            pass
        assert (await ann.ask("comment", text="mine", comment_id=mine))["shown"]
