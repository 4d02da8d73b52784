"""Moderation over sockets of two servers: what is taken down, who may speak, who may do what."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from server.wire.commands import COMMANDS
from server.wire.roles import LEAST_ROLE
from tests.contract.conftest import Servers
from tests.harness import Client, LiveServer, Refusal, new_id, open_room

# A body that is well formed for each command that not everybody may use.
BODIES: dict[str, dict[str, Any]] = {
    "remove_comment": {"comment_id": "c"},
    "pin_comment": {"comment_id": None},
    "announce": {"text": "hear"},
    "mute": {"user_id": "u", "duration_s": 60},
    "unmute": {"user_id": "u"},
    "ban": {"user_id": "u"},
    "unban": {"user_id": "u"},
    "set_rules": {"slow_mode_s": 0, "blocked_words": []},
    "rules": {},
    "open_poll": {"poll_id": "p", "question": "Which?", "options": ["a", "b"]},
    "close_poll": {"poll_id": "p"},
    "answer_question": {"question_id": "q"},
    "viewers": {},
    "set_role": {"user_id": "u", "role": "assistant"},
    "put_room": {"title": "Mine"},
    "put_product": {"product_id": "x", "title": "X", "list_price_cents": 1},
    "put_sale": {"sale_id": "x", "product_id": "tea", "price_cents": 1, "total_units": 1},
    "start_sale": {"sale_id": "flash"},
    "end_sale": {"sale_id": "flash"},
    "pause_sale": {"sale_id": "flash"},
    "resume_sale": {"sale_id": "flash"},
    "restock": {"restock_id": new_id(), "sale_id": "flash", "units": 1},
    "pin": {"product_id": "tea"},
    "order_products": {"product_ids": ["tea"]},
    "rundown": {},
    "put_rundown": {"version": 0, "steps": []},
    "run_step": {"step_id": "s"},
    "refund": {"reservation_id": new_id()},
}


async def refused(client: Client, op: str, **body: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await client.ask(op, **body)
    return caught.value


async def until_refused(client: Client, code: str, op: str, **body: Any) -> Refusal:
    """The rules of other workers are a second old at most."""
    async with asyncio.timeout(10):
        while True:
            try:
                await client.ask(op, **body)
            except Refusal as refusal:
                if refusal.code == code:
                    return refusal
                await asyncio.sleep((refusal.body.get("retry_after_ms") or 50) / 1000)
            else:
                await asyncio.sleep(0.05)


async def until_allowed(client: Client, op: str, **body: Any) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            try:
                return await client.ask(op, **body)
            except Refusal as refusal:
                assert refusal.code in ("FORBIDDEN", "MUTED", "BLOCKED_WORDS", "RATE_LIMITED")
                await asyncio.sleep(0.05)


async def saying(client: Client, text: str) -> str:
    comment_id: str = (await client.ask("comment", text=text))["comment"]["comment_id"]
    return comment_id


def me(client: Client) -> str:
    user_id: str = client.welcome["you"]["user_id"]
    return user_id


async def test_every_command_that_is_not_for_all_is_refused_to_the_rest(
    live_server: LiveServer,
) -> None:
    assert set(BODIES) == {op for op in COMMANDS if LEAST_ROLE[op] != "viewer"}
    room = await open_room(live_server, start=False)
    async with (
        live_server.client(room, live_server.token(room, "host")) as host,
        live_server.client(room, await live_server.guest(room)) as ann,
        live_server.client(room, await live_server.guest(room, "Bob")) as bob,
    ):
        for op, body in BODIES.items():
            assert (await refused(ann, op, **body)).code == "FORBIDDEN"
        await host.ask("set_role", user_id=me(bob), role="assistant")
        assert (await bob.event("role"))["role"] == "assistant"
        for op, body in BODIES.items():
            if LEAST_ROLE[op] == "host":
                assert (await refused(bob, op, **body)).code == "FORBIDDEN"
        assert (await bob.ask("comment", text="hello"))["comment"]["role"] == "assistant"
        await bob.ask("announce", text="may moderate")


async def test_a_role_holds_in_its_room_and_on_the_other_worker_and_can_be_taken_back(
    servers: Servers,
) -> None:
    room, other = await open_room(servers.one), await open_room(servers.one)
    token = servers.one.token(room)
    async with (
        servers.one.client(room, servers.one.token(room, "host")) as host,
        servers.two.client(room, token) as ann,
        servers.two.client(other, servers.two.token(other)) as cat,
    ):
        await host.ask("set_role", user_id=me(ann), role="assistant")
        await host.ask("set_role", user_id=me(cat), role="assistant")
        await until_allowed(ann, "announce", text="first")
        assert (await refused(cat, "announce", text="hi")).code == "FORBIDDEN"
        async with servers.two.client(room, token) as again:
            assert again.welcome["you"]["role"] == "assistant"
        await host.ask("set_role", user_id=me(ann), role="viewer")
        await until_refused(ann, "FORBIDDEN", "announce", text="again")


async def test_a_removed_comment_leaves_every_screen_and_every_snapshot(servers: Servers) -> None:
    room = await open_room(servers.one)
    async with (
        servers.one.client(room, servers.one.token(room, "host")) as host,
        servers.two.client(room, await servers.two.guest(room)) as ann,
    ):
        bad, good = await saying(ann, "bad"), await saying(ann, "good")
        await host.ask("pin_comment", comment_id=bad)
        assert (await ann.event("comment_pinned"))["comment"]["text"] == "bad"
        async with servers.two.client(room, await servers.two.guest(room)) as late:
            assert late.welcome["pinned_comment"]["comment_id"] == bad
        await host.ask("remove_comment", comment_id=bad)
        await host.ask("remove_comment", comment_id=bad)  # told once
        assert (await ann.event("comment_removed"))["comment_id"] == bad
        await ann.event("comment_pinned", where=lambda body: body["comment"] is None)
        await host.ask("announce", text="done")
        await ann.event("announcement")
        assert [kind for kind, _, _ in ann.events].count("comment_removed") == 1
        assert (await refused(host, "pin_comment", comment_id=bad)).code == "UNKNOWN_COMMENT"
        for server in servers:
            async with server.client(room, await server.guest(room)) as late:
                assert [it["comment_id"] for it in late.welcome["comments"]] == [good]
                assert late.welcome["pinned_comment"] is None


async def test_what_is_said_in_one_room_cannot_be_touched_from_another(
    live_server: LiveServer,
) -> None:
    room, other = await open_room(live_server), await open_room(live_server)
    async with (
        live_server.client(room, await live_server.guest(room)) as ann,
        live_server.client(other, live_server.token(other, "host")) as host,
    ):
        mine = await saying(ann, "hello")
        for op in ("remove_comment", "pin_comment"):
            assert (await refused(host, op, comment_id=mine)).code == "UNKNOWN_COMMENT"
        await host.ask("ban", user_id=me(ann))
        await host.ask("mute", user_id=me(ann), duration_s=60)
        await host.ask("set_rules", slow_mode_s=60, blocked_words=["hello"])
        await saying(ann, "hello again")


async def test_a_muted_user_is_told_how_long_and_may_still_buy(servers: Servers) -> None:
    room = await open_room(servers.one)
    async with (
        servers.one.client(room, servers.one.token(room, "host")) as host,
        servers.two.client(room, await servers.two.guest(room)) as ann,
    ):
        await host.ask("mute", user_id=me(ann), duration_s=600)
        muted = await until_refused(ann, "MUTED", "comment", text="hm")
        assert 590_000 < muted.body["retry_after_ms"] <= 600_000
        assert (await refused(ann, "ask_question", text="why?")).code == "MUTED"
        lines = [{"sale_id": "flash", "quantity": 1}]
        await ann.ask("reserve", reservation_id=new_id(), lines=lines)
        rules = await host.ask("rules")
        assert [mute["user_id"] for mute in rules["mutes"]] == [me(ann)]
        await host.ask("unmute", user_id=me(ann))
        await until_allowed(ann, "comment", text="thanks")


async def test_a_mute_ends_by_itself(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with (
        live_server.client(room, live_server.token(room, "host")) as host,
        live_server.client(room, await live_server.guest(room)) as ann,
    ):
        await host.ask("mute", user_id=me(ann), duration_s=1)
        assert (await refused(ann, "comment", text="hm")).code == "MUTED"
        await until_allowed(ann, "comment", text="again")


async def test_a_banned_user_is_shown_out_everywhere_and_not_let_in_again(
    servers: Servers,
) -> None:
    room = await open_room(servers.one)
    token = await servers.one.guest(room)
    async with (
        servers.one.client(room, servers.one.token(room, "host")) as host,
        servers.one.client(room, token) as here,
        servers.two.client(room, token) as there,
        servers.two.client(room, await servers.two.guest(room, "Bob")) as bob,
    ):
        started_s = time.monotonic()
        await host.ask("ban", user_id=me(here))
        assert (await here.closed())[0] == 4507
        assert (await there.closed())[0] == 4507
        assert time.monotonic() - started_s < 5
        for server in servers:
            async with server.socket(room, token) as socket:
                assert (await Client(socket).closed())[0] == 4507
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as shop:
            lines = [{"sale_id": "flash", "quantity": 1}]
            body = {"reservation_id": new_id(), "lines": lines}
            url = f"{servers.two.url}/v1/rooms/{room}/reservations"
            assert (await shop.post(url, json=body)).status_code == 403
        await saying(bob, "still here")
        assert (await host.ask("rules"))["bans"] == [me(here)]
        await host.ask("unban", user_id=me(here))
        async with asyncio.timeout(10):
            while not await is_let_in(servers.two, room, token):
                await asyncio.sleep(0.05)


async def is_let_in(server: LiveServer, room: str, token: str) -> bool:
    async with server.socket(room, token) as socket:
        try:
            return bool((await Client(socket).receive())[0] == "welcome")
        except ConnectionClosed:
            return False


async def test_an_assistant_cannot_turn_on_another_nor_free_itself(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server)
    async with (
        live_server.client(room, live_server.token(room, "host")) as host,
        live_server.client(room, await live_server.guest(room)) as ann,
        live_server.client(room, await live_server.guest(room, "Bob")) as bob,
    ):
        for assistant in (ann, bob):
            await host.ask("set_role", user_id=me(assistant), role="assistant")
        for op, more in (("mute", {"duration_s": 9}), ("unmute", {}), ("ban", {}), ("unban", {})):
            assert (await refused(ann, op, user_id=me(bob), **more)).code == "FORBIDDEN"
        await host.ask("mute", user_id=me(ann), duration_s=600)
        assert (await refused(ann, "comment", text="hm")).code == "MUTED"
        assert (await refused(ann, "unmute", user_id=me(ann))).code == "FORBIDDEN"
        await host.ask("ban", user_id=me(ann))
        assert (await ann.closed())[0] == 4507


async def test_blocked_words_are_found_in_any_dress_and_in_names(servers: Servers) -> None:
    room = await open_room(servers.one)
    async with (
        servers.one.client(room, servers.one.token(room, "host")) as host,
        servers.two.client(room, await servers.two.guest(room)) as ann,
        servers.two.client(room, await servers.two.guest(room, "加微 信")) as ad,
    ):
        rules = await host.ask("set_rules", slow_mode_s=0, blocked_words=["加微信", "Spam"])
        assert rules["blocked_words"] == ["加微信", "Spam"]
        await until_refused(ann, "BLOCKED_WORDS", "comment", text="spam")
        for text in ("ＳＰＡＭ", "s.p a-m", "sp\u200bam", "Śpäm!", "加 微 信", "加＊微＊信"):
            assert (await refused(ann, "comment", text=text)).code == "BLOCKED_WORDS"
            assert (await refused(ann, "ask_question", text=text)).code == "BLOCKED_WORDS"
        assert (await refused(ad, "comment", text="good tea")).code == "BLOCKED_WORDS"
        await until_allowed(ann, "comment", text="good tea")
        await saying(host, "no spam please")
        await host.ask("set_rules", slow_mode_s=0, blocked_words=[])
        await until_allowed(ann, "comment", text="spam")


async def test_rules_that_cannot_work_are_refused_by_field(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        for words, field in (
            (["fine", "!?"], "$.blocked_words[1]"),
            (["x" * 41], "$.blocked_words[0]"),
            (["w"] * 201, "$.blocked_words"),
        ):
            refusal = await refused(host, "set_rules", slow_mode_s=0, blocked_words=words)
            assert (refusal.code, refusal.body["field"]) == ("BAD_FIELD", field)
        assert (await host.ask("rules"))["blocked_words"] == []


async def test_slow_mode_is_one_for_all_connections_of_a_viewer_and_no_other(
    servers: Servers,
) -> None:
    room = await open_room(servers.one)
    token = await servers.one.guest(room)
    async with (
        servers.one.client(room, servers.one.token(room, "host")) as host,
        servers.one.client(room, token) as here,
        servers.two.client(room, token) as there,
        servers.two.client(room, await servers.two.guest(room, "Bob")) as bob,
    ):
        await host.ask("set_rules", slow_mode_s=600, blocked_words=[])
        mine = new_id()
        await here.ask("comment", text="first", comment_id=mine)
        slowed = await until_refused(there, "SLOW_MODE", "comment", text="second")
        assert 0 < slowed.body["retry_after_ms"] <= 600_000
        assert (await refused(here, "comment", text="second")).code == "SLOW_MODE"
        again = await here.ask("comment", text="first", comment_id=mine)  # a retry is no second
        assert again["shown"] is True
        await saying(bob, "my first")
        for text in ("hosts", "may", "go on"):
            await saying(host, text)


async def test_a_comment_that_is_said_again_is_told_once(servers: Servers) -> None:
    room = await open_room(servers.one)
    token = await servers.one.guest(room)
    mine = new_id()
    async with servers.two.client(room, await servers.two.guest(room, "Bob")) as bob:
        async with servers.one.client(room, token) as ann:
            first = await ann.ask("comment", text="hello", comment_id=mine)
        async with servers.two.client(room, token) as ann:
            assert await ann.ask("comment", text="hello", comment_id=mine) == first
            other = await ann.ask("comment", text="other words", comment_id=mine)
        copied = await bob.ask("comment", text="hello", comment_id=mine)
        ids = {body["comment"]["comment_id"] for body in (first, other, copied)}
        assert len(ids) == 3, "nobody can take the id of another's comment"
        await bob.event("comment", where=lambda body: body["comment"]["name"] == "Bob")
        told = [body["comment"]["text"] for kind, _, body in bob.events if kind == "comment"]
        assert told == ["hello", "other words", "hello"]
