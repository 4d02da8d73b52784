"""Polls and questions over sockets of two servers: one vote each, counted once, told to all."""

import asyncio
from typing import Any

from redis.asyncio import Redis

from tests.contract.conftest import Servers
from tests.contract.test_moderation import me, refused
from tests.harness import Client, LiveServer, new_id, open_room

POLL = {"poll_id": "taste", "question": "Which tea?", "options": ["龙井", "Oolong", "Pu'er"]}


async def test_a_poll_counts_every_viewer_once_over_all_workers(servers: Servers) -> None:
    room = await open_room(servers.one)
    tokens = [servers.one.token(room) for _ in range(12)]
    async with (
        servers.one.client(room, servers.one.token(room, "host")) as host,
        servers.two.client(room, await servers.two.guest(room)) as ann,
    ):
        opened = (await host.ask("open_poll", **POLL))["poll"]
        assert (opened["votes"], opened["closed"]) == ([0, 0, 0], False)
        assert (await ann.event("poll"))["poll"] == opened
        await asyncio.gather(
            *(
                vote_twice(servers[number % 2], room, token, number % 3)
                for number, token in enumerate(tokens)
            )
        )
        told = await ann.event("poll", where=lambda body: sum(body["poll"]["votes"]) == 12)
        assert told["poll"]["votes"] == [4, 4, 4]
        async with servers.two.client(room, tokens[0]) as late:
            assert late.welcome["poll"] == told["poll"]
        closed = (await host.ask("close_poll", poll_id="taste"))["poll"]
        assert (closed["votes"], closed["closed"]) == ([4, 4, 4], True)
        await ann.event("poll", where=lambda body: body["poll"]["closed"])
        assert (await refused(ann, "vote", poll_id="taste", option=0)).code == "POLL_CLOSED"
        async with servers.two.client(room, tokens[0]) as late:
            assert late.welcome["poll"] is None
            assert await late.ask("vote", poll_id="taste", option=0) == {"option": 0}


async def vote_twice(server: LiveServer, room: str, token: str, option: int) -> None:
    """The same vote again is answered the same; another is refused with the first."""
    async with server.client(room, token) as voter:
        for _ in range(2):
            assert await voter.ask("vote", poll_id="taste", option=option) == {"option": option}
        changed = await refused(voter, "vote", poll_id="taste", option=(option + 1) % 3)
        assert (changed.code, changed.body["option"]) == ("ALREADY_VOTED", option)


async def test_one_poll_at_a_time_and_what_does_not_exist_is_said(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        assert (await refused(host, "vote", poll_id="taste", option=0)).code == "UNKNOWN_POLL"
        assert (await refused(host, "close_poll", poll_id="taste")).code == "UNKNOWN_POLL"
        first = await host.ask("open_poll", **POLL)
        assert await host.ask("open_poll", **POLL) == first
        other = POLL | {"options": ["yes", "no"]}
        assert (await refused(host, "open_poll", **other)).code == "KEY_REUSED"
        assert (await refused(host, "open_poll", **POLL | {"poll_id": "b"})).code == "POLL_OPEN"
        beyond = await refused(host, "vote", poll_id="taste", option=3)
        assert (beyond.code, beyond.body["field"]) == ("BAD_FIELD", "$.option")
        for options in (["one"], ["x"] * 7, ["fine", "\u200b"], ["fine", ""]):
            bad = await refused(host, "open_poll", **POLL | {"poll_id": "b", "options": options})
            assert bad.code == "BAD_FIELD" and bad.body["field"].startswith("$.options")
        await host.ask("close_poll", poll_id="taste")
        await host.ask("close_poll", poll_id="taste")
        await host.ask("open_poll", **POLL | {"poll_id": "b"})
        assert (await refused(host, "vote", poll_id="taste", option=0)).code == "UNKNOWN_POLL"
        assert await host.ask("vote", poll_id="b", option=1) == {"option": 1}


async def test_counts_are_told_about_twice_a_second_however_fast_votes_come(
    servers: Servers,
) -> None:
    room = await open_room(servers.one)
    tokens = [servers.one.token(room) for _ in range(60)]
    loop = asyncio.get_running_loop()
    async with (
        servers.one.client(room, servers.one.token(room, "host")) as host,
        servers.two.client(room, await servers.two.guest(room)) as ann,
    ):
        await host.ask("open_poll", **POLL)
        await ann.event("poll")
        started_s, before = loop.time(), len(ann.events)
        for number, token in enumerate(tokens):
            async with servers[number % 2].client(room, token) as voter:
                await voter.ask("vote", poll_id="taste", option=0)
        await ann.event("poll", where=lambda body: body["poll"]["votes"] == [60, 0, 0])
        took_s = loop.time() - started_s
        told = [kind for kind, _, _ in ann.events[before:] if kind == "poll"]
        assert len(told) <= took_s / 0.45 + 2


async def test_questions_are_upvoted_once_each_and_answered_away(servers: Servers) -> None:
    room = await open_room(servers.one)
    async with (
        servers.one.client(room, servers.one.token(room, "host")) as host,
        servers.one.client(room, await servers.one.guest(room)) as ann,
        servers.two.client(room, await servers.two.guest(room, "Bob")) as bob,
    ):
        chosen = new_id()
        asked = (await ann.ask("ask_question", text=" Is it  fresh?", question_id=chosen))[
            "question"
        ]
        assert asked["text"] == "Is it fresh?"
        again = await ann.ask("ask_question", text="Is it fresh?", question_id=chosen)
        assert again["question"] == asked
        other = (await bob.ask("ask_question", text="How much?"))["question"]
        heard = await bob.event("question")
        assert heard["question"] == asked
        for _ in range(2):
            voted = await bob.ask("upvote", question_id=other["question_id"])
            assert voted["question"]["upvotes"] == 1
        await ann.event("question", where=lambda body: body["question"]["upvotes"] == 1)
        for server in servers:
            async with server.client(room, await server.guest(room)) as late:
                assert [(it["text"], it["upvotes"]) for it in late.welcome["questions"]] == [
                    ("How much?", 1),
                    ("Is it fresh?", 0),
                ]
        answered = await host.ask("answer_question", question_id=other["question_id"])
        assert answered["question"] == other | {"upvotes": 1, "answered": True}
        await ann.event("question", where=lambda body: body["question"]["answered"])
        for client, op in ((host, "answer_question"), (bob, "upvote")):
            gone = await refused(client, op, question_id=other["question_id"])
            assert gone.code == "UNKNOWN_QUESTION"
        async with servers.two.client(room, await servers.two.guest(room)) as late:
            assert [it["question_id"] for it in late.welcome["questions"]] == [asked["question_id"]]


async def test_open_questions_are_bounded_for_a_user_and_for_the_room(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        asked = [await host.ask("ask_question", text=f"number {n}?") for n in range(5)]
        assert (await refused(host, "ask_question", text="and?")).code == "LIMIT_REACHED"
        await host.ask("answer_question", question_id=asked[0]["question"]["question_id"])
        await host.ask("ask_question", text="and now?")
        redis = Redis(unix_socket_path=str(live_server.data_dir / "redis" / "redis.sock"))
        others: dict[Any, Any] = {f"other{n}": 0 for n in range(195)}
        await redis.zadd(f"kaibo:{{{room}}}:upvotes", others)
        await redis.aclose()
        async with live_server.client(room, await live_server.guest(room)) as ann:
            full = await refused(ann, "ask_question", text="room for one?")
            assert full.code == "LIMIT_REACHED" and "room" in full.body["message"]


async def test_what_is_asked_in_one_room_is_not_in_another(live_server: LiveServer) -> None:
    room, other = await open_room(live_server), await open_room(live_server)
    async with (
        live_server.client(room, live_server.token(room, "host")) as host,
        live_server.client(other, live_server.token(other, "host")) as stranger,
    ):
        await host.ask("open_poll", **POLL)
        question = (await host.ask("ask_question", text="Here?"))["question"]["question_id"]
        assert (await refused(stranger, "vote", poll_id="taste", option=0)).code == "UNKNOWN_POLL"
        for op in ("upvote", "answer_question"):
            assert (await refused(stranger, op, question_id=question)).code == "UNKNOWN_QUESTION"


async def test_hosts_and_assistants_see_who_watches_over_all_workers(servers: Servers) -> None:
    room = await open_room(servers.one)
    token = servers.one.token(room, name="Ann")
    async with (
        servers.one.client(room, servers.one.token(room, "host")) as host,
        servers.one.client(room, token) as ann,
        servers.two.client(room, token),
        servers.two.client(room, servers.two.token(room, name="Bob")) as bob,
    ):
        await host.ask("set_role", user_id=me(bob), role="assistant")
        expected = {(me(ann), "Ann", "viewer"), (me(bob), "Bob", "assistant")}
        await until_watching(host, expected, count=3)
        await until_watching(host, expected, count=3)
        assert (await refused(ann, "viewers")).code == "FORBIDDEN"
        async with asyncio.timeout(10):
            while (await bob_sees(bob)) != expected:
                await asyncio.sleep(0.05)
    async with servers.one.client(room, servers.one.token(room, "host")) as host:
        await until_watching(host, set(), count=0)


async def bob_sees(bob: Client) -> set[tuple[str, str, str]]:
    found = await bob.ask("viewers")
    return {(it["user_id"], it["name"], it["role"]) for it in found["viewers"]}


async def until_watching(host: Client, expected: set[tuple[str, str, str]], count: int) -> None:
    async with asyncio.timeout(15):
        while True:
            found = await host.ask("viewers")
            names = {(it["user_id"], it["name"], it["role"]) for it in found["viewers"]}
            if (names, found["count"]) == (expected, count):
                return
            await asyncio.sleep(0.05)
