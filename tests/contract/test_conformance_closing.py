"""How connections end, after section 7 of the Autobahn test suite: close frames both ways, every
code, what comes after a close, and a handshake that is followed at once.
"""

import pytest

from tests.harness import LiveServer
from tests.raw_socket import (
    CLOSE,
    CONT,
    PING,
    TEXT,
    RawSocket,
    close_frame,
    fragments,
    frame,
    handshake,
    ping_command,
)

PROTOCOL_ERROR, INVALID_DATA, TOO_BIG = 1002, 1007, 1009
MAY_BE_SENT = [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999]
MAY_NOT_BE_SENT = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]


@pytest.mark.parametrize("code", MAY_BE_SENT)
@pytest.mark.parametrize("reason", [b"", "再见".encode(), b"x" * 123])
async def test_a_close_is_answered_with_its_own_code(
    raw: RawSocket, code: int, reason: bytes
) -> None:
    raw.send(close_frame(code, reason))
    assert await raw.closed() == (code, reason.decode())


async def test_a_close_may_come_amid_a_message(raw: RawSocket) -> None:
    raw.send(frame(TEXT, b"[", fin=False), close_frame(1000, b"enough"), frame(CONT, b"]"))
    assert await raw.closed() == (1000, "enough")


async def test_a_close_without_a_code_is_answered_without_one(raw: RawSocket) -> None:
    raw.send(close_frame())
    assert await raw.closed() == (None, "")


WRONG_CLOSES = {
    **{f"code {code}": (close_frame(code), PROTOCOL_ERROR) for code in MAY_NOT_BE_SENT},
    "half a code": (frame(CLOSE, b"\x03"), PROTOCOL_ERROR),
    "reason of 124 bytes": (close_frame(1000, b"x" * 124), PROTOCOL_ERROR),
    "reason that is not UTF-8": (close_frame(1000, b"\xed\xa0\x80"), INVALID_DATA),
    "reason that is cut off": (close_frame(1000, b"\xe2\x82"), INVALID_DATA),
}


@pytest.mark.parametrize("name", WRONG_CLOSES)
async def test_a_wrong_close_fails_the_connection(raw: RawSocket, name: str) -> None:
    sent, code = WRONG_CLOSES[name]
    raw.send(sent)
    assert (await raw.closed())[0] == code


AFTER_A_CLOSE = {
    "another close": close_frame(1001),
    "a ping": frame(PING, b"late"),
    "a command": frame(TEXT, ping_command(99)),
    "the rest of a message": b"".join(fragments(TEXT, ping_command(), 5)[1:]),
    "what is no frame": b"\xff" * 5_000,
    "a megabyte": frame(TEXT, b" " * 2**20),
}


@pytest.mark.parametrize("name", AFTER_A_CLOSE)
async def test_nothing_is_read_after_a_close(raw: RawSocket, name: str) -> None:
    raw.send(close_frame(1000), AFTER_A_CLOSE[name])
    assert await raw.closed() == (1000, "")  # and no answer, no pong


async def test_the_close_frame_survives_input_that_nobody_reads(raw: RawSocket) -> None:
    for _ in range(64):  # more than the sockets' buffers hold
        raw.send(frame(TEXT, b" " * 60_000))
    assert (await raw.closed())[0] == TOO_BIG


async def test_the_server_starts_a_close_and_ends_when_it_is_answered(raw: RawSocket) -> None:
    raw.send(frame(TEXT, b"no array"))
    while (received := await raw.receive()).opcode != CLOSE:
        pass
    assert int.from_bytes(received.payload[:2]) == 4501
    raw.send(frame(PING, b"still here"))
    assert (await raw.control()).payload == b"still here"
    raw.send(frame(CLOSE, received.payload))
    await raw.ended()


async def test_a_peer_that_does_not_answer_a_close_is_cut_off(raw: RawSocket) -> None:
    raw.send(frame(TEXT, b"no array"))
    while (await raw.receive()).opcode != CLOSE:
        pass
    await raw.ended()


# The handshake.


@pytest.mark.parametrize("codec", ["json", "msgpack"])
async def test_what_comes_with_the_handshake_is_not_lost(
    live_server: LiveServer, shared_room: str, codec: str
) -> None:
    async with await RawSocket.connect(live_server) as raw:
        head = handshake(shared_room, live_server.token(shared_room), codec)
        raw.send(head + frame(PING, b"early") + close_frame(1000, b"at once"))
        assert await raw.status() == 101
        assert b"welcome" in (await raw.receive()).payload[:20]
        assert (await raw.control()).payload == b"early"
        assert await raw.closed() == (1000, "at once")


async def test_a_command_with_the_handshake_is_answered_after_the_welcome(
    live_server: LiveServer, shared_room: str
) -> None:
    async with await RawSocket.connect(live_server) as raw:
        head = handshake(shared_room, live_server.token(shared_room))
        sent = head + b"".join(frame(TEXT, ping_command(number)) for number in range(1, 6))
        raw.send(sent[:-40])
        raw.send(sent[-40:])  # the last frame's end comes later
        assert await raw.status() == 101
        assert b"welcome" in (await raw.receive()).payload[:20]
        assert [(await raw.answer())[1] for _ in range(5)] == [1, 2, 3, 4, 5]


async def test_a_handshake_may_come_byte_by_byte(live_server: LiveServer, shared_room: str) -> None:
    async with await RawSocket.connect(live_server) as raw:
        head = handshake(shared_room, live_server.token(shared_room))
        await raw.send_bytewise(head + frame(TEXT, ping_command()))
        assert await raw.status() == 101
        assert (await raw.answer())[:2] == ["reply", 1]


async def test_too_much_before_the_welcome_fails_the_connection(
    live_server: LiveServer, shared_room: str
) -> None:
    async with await RawSocket.connect(live_server) as raw:
        raw.send(handshake(shared_room, live_server.token(shared_room)) + b"\0" * 2**20)
        assert await raw.status() == 101
        assert (await raw.closed())[0] in (PROTOCOL_ERROR, TOO_BIG)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_WebSocket_Key": ""}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Sec_WebSocket_Version": "12"}, 400),
        ({"Sec_WebSocket_Version": ""}, 400),
        ({"Origin": "https://elsewhere.example"}, 403),
    ],
)
async def test_a_wrong_handshake_is_refused_in_words_of_http(
    live_server: LiveServer, shared_room: str, headers: dict[str, str], status: int
) -> None:
    async with await RawSocket.connect(live_server) as raw:
        raw.send(handshake(shared_room, live_server.token(shared_room), **headers))
        assert await raw.status() == status
        await raw.reader.read()  # to the end of the stream: it does end
