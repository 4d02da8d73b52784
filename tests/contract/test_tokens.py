"""Who may open a room's socket: a token of this room, unexpired, from an allowed origin."""

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.harness import Client, LiveServer, Refusal, open_room


async def close_code(server: LiveServer, room: str, token: str | None) -> int:
    async with server.socket(room, token) as socket:
        return (await Client(socket).closed())[0]


async def test_a_guest_is_welcomed_with_the_whole_room(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, await live_server.guest(room, "Ann")) as ann:
        assert ann.welcome["room"]["title"] == "Tea night"
        assert ann.welcome["you"]["name"] == "Ann"
        assert [sale["sale_id"] for sale in ann.welcome["sales"]] == ["flash"]


async def test_a_browser_passes_its_token_as_a_subprotocol(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    token = await live_server.guest(room)
    async with live_server.socket(
        room, None, more_subprotocols=[f"kaibo.bearer.{token}"]
    ) as socket:
        assert socket.subprotocol == "kaibo.v1.msgpack"
        await Client(socket).welcomed()


async def test_no_token_closes_with_4500(live_server: LiveServer) -> None:
    assert await close_code(live_server, await open_room(live_server), None) == 4500


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "x" * 4000])
async def test_a_token_that_cannot_be_read_closes_with_4500(
    live_server: LiveServer, token: str
) -> None:
    assert await close_code(live_server, await open_room(live_server), token) == 4500


async def test_a_token_signed_by_another_key_or_by_none_closes_with_4500(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server)
    claims = jwt.decode(live_server.token(room), options={"verify_signature": False})
    for forged in (
        jwt.encode(claims, "x" * 32, algorithm="HS256"),
        jwt.encode(claims, None, algorithm="none"),
    ):
        assert await close_code(live_server, room, forged) == 4500


async def test_an_expired_token_closes_with_4500(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    secret = (live_server.data_dir / "secret").read_text().strip()
    claims = jwt.decode(live_server.token(room), options={"verify_signature": False})
    expired = jwt.encode(claims | {"iat": 1, "exp": 2}, secret, algorithm="HS256")
    assert await close_code(live_server, room, expired) == 4500


async def test_a_token_of_another_room_closes_with_4507(live_server: LiveServer) -> None:
    room, other = await open_room(live_server), await open_room(live_server)
    assert await close_code(live_server, room, await live_server.guest(other)) == 4507


async def test_a_room_that_does_not_exist_closes_with_4508(live_server: LiveServer) -> None:
    assert await close_code(live_server, "nowhere", live_server.token("nowhere")) == 4508


async def test_a_viewer_cannot_do_what_hosts_do(live_server: LiveServer) -> None:
    room = await open_room(live_server, start=False)
    async with live_server.client(room, await live_server.guest(room)) as ann:
        for op, body in (
            ("start_sale", {"sale_id": "flash"}),
            ("pin", {"product_id": "tea"}),
            ("put_room", {"title": "Mine now"}),
        ):
            with pytest.raises(Refusal, match="FORBIDDEN"):
                await ann.ask(op, **body)


async def test_two_tokens_are_as_good_as_an_unreadable_one(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    token = await live_server.guest(room)
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    address = f"{live_server.url.replace('http', 'ws', 1)}/v1/rooms/{room}/live"
    async with connect(address, additional_headers=headers, proxy=None) as socket:
        assert (await Client(socket).closed())[0] == 4500


@pytest.mark.parametrize("origin", ["https://evil.example", "http://["])
async def test_another_origin_is_refused_before_the_socket_opens(
    live_server: LiveServer, origin: str
) -> None:
    room = await open_room(live_server)
    with pytest.raises(InvalidStatus) as refused:
        async with live_server.socket(room, await live_server.guest(room), origin=origin):
            raise AssertionError("it opened")
    assert refused.value.response.status_code == 403


async def test_a_path_that_is_no_room_is_404(live_server: LiveServer) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with live_server.socket("no%2Froom", "token"):
            raise AssertionError("it opened")
    assert refused.value.response.status_code == 404
