"""Bad input over the socket: an error that names the field, or a close code that says why."""

import msgpack
import pytest
from websockets.exceptions import ConnectionClosed

from tests.harness import Client, LiveServer, Refusal, new_id, one, open_room


async def test_errors_name_the_field_and_change_nothing(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, await live_server.guest(room)) as ann:
        for quantity in (0, -1, 2**53, "1", 1.5, None):
            with pytest.raises(Refusal) as refused:
                await ann.ask("reserve", reservation_id=new_id(), lines=one("flash", quantity))  # type: ignore[arg-type]
            assert refused.value.code == "BAD_FIELD"
            assert refused.value.body["field"] == "$.lines[0].quantity"
        with pytest.raises(Refusal, match="UNKNOWN_OP"):
            await ann.ask("dance")
        with pytest.raises(Refusal, match="BAD_FIELD"):
            await ann.ask("comment")
        held = await ann.ask("reserve", reservation_id=new_id(), lines=one("flash"))
        assert held["hold"]["state"] == "held"
        stock = await ann.event("stock", where=lambda body: body["stock"]["held"])
        assert (stock["stock"]["available"], stock["stock"]["held"]) == (9, 1)


async def test_what_does_not_exist_is_said(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        for op, body, code in (
            ("reserve", {"reservation_id": new_id(), "lines": one("nothing")}, "UNKNOWN_SALE"),
            ("start_sale", {"sale_id": "nothing"}, "UNKNOWN_SALE"),
            ("pin", {"product_id": "nothing"}, "UNKNOWN_PRODUCT"),
            ("cancel", {"reservation_id": new_id()}, "UNKNOWN_HOLD"),
            ("pay", {"reservation_id": new_id()}, "UNKNOWN_HOLD"),
        ):
            with pytest.raises(Refusal, match=code):
                await host.ask(op, **body)


async def test_an_id_used_again_with_other_content_is_refused(live_server: LiveServer) -> None:
    room = await open_room(live_server, per_buyer_max=5)
    async with live_server.client(room, await live_server.guest(room)) as ann:
        reservation_id = new_id()
        first = await ann.ask("reserve", reservation_id=reservation_id, lines=one("flash"))
        again = await ann.ask("reserve", reservation_id=reservation_id, lines=one("flash"))
        assert (first["replayed"], again["replayed"]) == (False, True)
        assert again["hold"] == first["hold"]
        with pytest.raises(Refusal, match="KEY_REUSED"):
            await ann.ask("reserve", reservation_id=reservation_id, lines=one("flash", 2))
    async with live_server.client(room, await live_server.guest(room, "Bob")) as bob:
        with pytest.raises(Refusal, match="KEY_REUSED"):
            await bob.ask("reserve", reservation_id=reservation_id, lines=one("flash"))


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (msgpack.packb("not a list"), 4501),
        (b"\xc1", 4501),
        ("text on the binary subprotocol", 4501),
        (b"x" * 20_000, 1009),
    ],
)
async def test_abuse_closes_with_a_code_that_says_why(
    live_server: LiveServer, message: bytes | str, code: int
) -> None:
    room = await open_room(live_server)
    async with live_server.socket(room, await live_server.guest(room)) as socket:
        client = Client(socket)
        await client.welcomed()
        await socket.send(message)
        assert (await client.closed())[0] == code


async def test_text_that_is_not_utf_8_closes_with_1007(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    token = await live_server.guest(room)
    async with live_server.socket(room, token, subprotocol="kaibo.v1.json") as socket:
        await socket.recv()
        await socket.send(b"\xff\xfe", text=True)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1007
