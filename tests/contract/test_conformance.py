"""RFC 6455 by hand-made frames: sizes, lengths, pings, reserved bits, opcodes, masks, fragments.

The cases follow sections 1 to 5 of the Autobahn test suite. Kaibo is no echo server, so a message
is a command, and that it arrived whole is told by the answer with its id.
"""

import os

import msgpack
import pytest

from tests.harness import LiveServer, open_room
from tests.raw_socket import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    RawSocket,
    close_frame,
    fragments,
    frame,
    ping_command,
)

MESSAGE_BYTES_MAX = 16_384
PROTOCOL_ERROR, TOO_BIG = 1002, 1009


async def answers(raw: RawSocket, command_id: int = 1) -> None:
    """The connection is as good as new: a command is answered."""
    raw.send(frame(TEXT, ping_command(command_id)))
    assert (await raw.answer())[:2] == ["reply", command_id]


# 1: messages of all sizes.


@pytest.mark.parametrize("size_bytes", [60, 125, 126, 127, 128, 4_096, 16_383, 16_384])
async def test_text_of_any_size_up_to_the_limit_is_read(raw: RawSocket, size_bytes: int) -> None:
    message = ping_command().ljust(size_bytes)
    raw.send(frame(TEXT, message))
    assert (await raw.answer())[:2] == ["reply", 1]
    await answers(raw, 2)


@pytest.mark.parametrize("size_bytes", [60, 125, 126, 127, 128, 4_096, 16_383, 16_384])
async def test_binary_of_any_size_up_to_the_limit_is_read(
    live_server: LiveServer, shared_room: str, size_bytes: int
) -> None:
    bare = msgpack.packb(["x", 1, b"\0" * 40])
    message = msgpack.packb(["x", 1, b"\0" * (40 + size_bytes - len(bare))])
    overhead = len(message) - size_bytes  # a longer value needs a longer head
    message = msgpack.packb(["x", 1, b"\0" * (40 + size_bytes - len(bare) - overhead)])
    assert len(message) == size_bytes
    async with await RawSocket.join(live_server, shared_room, "msgpack") as raw:
        raw.send(frame(BINARY, message))
        received = await raw.receive()
        while received.opcode == BINARY and b"UNKNOWN_OP" not in received.payload:
            received = await raw.receive()
        assert msgpack.unpackb(received.payload)[:2] == ["error", 1]


async def test_a_frame_may_come_byte_by_byte(raw: RawSocket) -> None:
    await raw.send_bytewise(frame(TEXT, ping_command().ljust(300)))
    assert (await raw.answer())[:2] == ["reply", 1]


@pytest.mark.parametrize("size_bytes", [16_385, 16_509, 16_510, 65_535, 65_536])
async def test_a_message_over_the_limit_is_told_too_big(raw: RawSocket, size_bytes: int) -> None:
    raw.send(frame(TEXT, ping_command().ljust(size_bytes)))
    assert (await raw.closed())[0] == TOO_BIG


@pytest.mark.parametrize("length_bytes", [2**20, 2**32, 2**63 - 1, 2**63, 2**64 - 1])
async def test_a_head_that_claims_too_much_is_refused_before_its_payload(
    raw: RawSocket, length_bytes: int
) -> None:
    raw.send(frame(TEXT, b"x", length_bits=64, length_bytes=length_bytes))
    assert (await raw.closed())[0] == TOO_BIG


@pytest.mark.parametrize("length_bits", [7, 16, 64])
async def test_a_length_may_be_encoded_longer_than_needed(raw: RawSocket, length_bits: int) -> None:
    # RFC 6455, 5.2 asks senders for the shortest; to refuse others would protect nobody.
    raw.send(frame(TEXT, ping_command(), length_bits=length_bits))
    assert (await raw.answer())[:2] == ["reply", 1]


# 2: pings and pongs.


async def test_every_ping_is_answered_with_the_same_bytes(raw: RawSocket) -> None:
    for size_bytes in range(126):
        payload = os.urandom(size_bytes)
        raw.send(frame(PING, payload))
        assert await raw.control() == (PONG, payload, True)


async def test_pings_sent_together_are_answered_in_order(raw: RawSocket) -> None:
    payloads = [f"payload {number}".encode() for number in range(10)]
    raw.send(*(frame(PING, payload) for payload in payloads))
    assert [(await raw.control()).payload for _ in payloads] == payloads


async def test_a_ping_may_come_byte_by_byte(raw: RawSocket) -> None:
    await raw.send_bytewise(frame(PING, b"\xfe" * 125))
    assert await raw.control() == (PONG, b"\xfe" * 125, True)


async def test_pongs_nobody_asked_for_are_not_answered(raw: RawSocket) -> None:
    raw.send(frame(PONG), frame(PONG, b"unasked"), frame(PING, b"asked"))
    assert await raw.control() == (PONG, b"asked", True)


# 3, 4 and what else breaks a rule: the connection fails with 1002.

COMMAND = ping_command()
BROKEN_FRAMES = {
    **{
        f"reserved bits {bits} on opcode {opcode}": frame(opcode, COMMAND, reserved=bits)
        for bits in range(1, 8)
        for opcode in (TEXT, BINARY, PING, PONG, CLOSE)
    },
    **{
        f"reserved opcode {opcode}, {len(payload)} bytes": frame(opcode, payload)
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
        for payload in (b"", COMMAND)
    },
    **{
        f"unmasked opcode {opcode}": frame(opcode, COMMAND, masked=False)
        for opcode in (TEXT, BINARY, PING, PONG, CLOSE)
    },
    **{
        f"opcode {opcode} of 126 bytes": frame(opcode, b"\xff" * 126)
        for opcode in (PING, PONG, CLOSE)
    },
    **{
        f"fragmented opcode {opcode}": frame(opcode, b"x", fin=False)
        for opcode in (PING, PONG, CLOSE)
    },
    "nothing to continue": frame(CONT, COMMAND),
    "nothing to continue, not the last": frame(CONT, COMMAND, fin=False),
    "empty, nothing to continue": frame(CONT),
    "text amid a message": frame(TEXT, b"[", fin=False) + frame(TEXT, COMMAND),
    "binary amid a message": frame(TEXT, b"[", fin=False) + frame(BINARY, COMMAND),
    "continued after the last": b"".join(fragments(TEXT, COMMAND, 5)) + frame(CONT, b"x"),
    "reserved bit amid a message": frame(TEXT, b"[", fin=False) + frame(CONT, reserved=4),
}


@pytest.mark.parametrize("broken", BROKEN_FRAMES)
async def test_a_broken_rule_fails_the_connection(raw: RawSocket, broken: str) -> None:
    raw.send(BROKEN_FRAMES[broken], frame(PING, b"too late"))
    while (received := await raw.receive()).opcode == TEXT:
        pass  # the room's news, or the answer to a command before the broken frame
    assert received.opcode == CLOSE
    assert int.from_bytes(received.payload[:2]) == PROTOCOL_ERROR
    await raw.ended()


@pytest.mark.parametrize("end", [frame(7, b"broken"), close_frame(1000)])
async def test_what_was_whole_before_the_end_is_carried_out(
    live_server: LiveServer, end: bytes
) -> None:
    room = await open_room(live_server)
    async with (
        live_server.client(room, await live_server.guest(room)) as watcher,
        await RawSocket.join(live_server, room) as raw,
    ):
        raw.send(frame(TEXT, b'["comment", 1, {"text": "and goodbye"}]'), end)
        said = await watcher.event("comment")
        assert said["comment"]["text"] == "and goodbye"


# 5: fragments.


@pytest.mark.parametrize("cut", range(len(COMMAND) + 1))
async def test_a_message_may_be_cut_anywhere(raw: RawSocket, cut: int) -> None:
    raw.send(*fragments(TEXT, COMMAND, cut))
    assert (await raw.answer())[:2] == ["reply", 1]


@pytest.mark.parametrize("count", range(1, 17))
async def test_a_message_may_have_sixteen_fragments(raw: RawSocket, count: int) -> None:
    raw.send(*fragments(TEXT, COMMAND, *range(1, count)))
    assert (await raw.answer())[:2] == ["reply", 1]


async def test_a_seventeenth_fragment_fails_the_connection(raw: RawSocket) -> None:
    raw.send(*fragments(TEXT, COMMAND, *range(1, 17)))
    assert (await raw.closed())[0] == TOO_BIG


@pytest.mark.parametrize("is_bytewise", [False, True])
async def test_control_frames_between_fragments_are_answered_at_once(
    raw: RawSocket, is_bytewise: bool
) -> None:
    first, second, third = fragments(TEXT, COMMAND, 5, 10)
    sent = [first, frame(PING, b"one"), second, frame(PONG, b"-"), frame(PING, b"two")]
    if is_bytewise:
        await raw.send_bytewise(b"".join(sent))
    else:
        raw.send(*sent)
    assert [(await raw.control()).payload for _ in range(2)] == [b"one", b"two"]
    raw.send(third)
    assert (await raw.answer())[:2] == ["reply", 1]


async def test_a_pong_comes_before_the_answer_to_the_message_it_came_amid(raw: RawSocket) -> None:
    first, second = fragments(TEXT, COMMAND, 5)
    raw.send(first, frame(PING, b"amid"), second, frame(PING, b"after"))
    heard: list[bytes] = []
    while len(heard) < 3:
        received = await raw.receive()
        if received.opcode != TEXT or b"reply" in received.payload:
            heard.append(received.payload if received.opcode == PONG else b"reply")
    assert heard.index(b"amid") < heard.index(b"reply")


async def test_a_ping_fits_beside_a_message_of_the_largest_size(raw: RawSocket) -> None:
    message = COMMAND.ljust(MESSAGE_BYTES_MAX)
    raw.send(frame(TEXT, message, fin=False), frame(PING, b"x" * 125))
    assert (await raw.control()).payload == b"x" * 125
    raw.send(frame(CONT))
    assert (await raw.answer())[:2] == ["reply", 1]


@pytest.mark.parametrize("last", [1, 200])
async def test_fragments_over_the_limit_together_are_told_too_big(
    raw: RawSocket, last: int
) -> None:
    message = COMMAND.ljust(MESSAGE_BYTES_MAX + last)
    raw.send(*fragments(TEXT, message, 5_000, 10_000, MESSAGE_BYTES_MAX))
    assert (await raw.closed())[0] == TOO_BIG


async def test_two_messages_in_fragments_follow_each_other(raw: RawSocket) -> None:
    raw.send(*fragments(TEXT, ping_command(1), 3), *fragments(TEXT, ping_command(2), 9))
    assert [(await raw.answer())[1] for _ in range(2)] == [1, 2]


async def test_many_broken_connections_leave_the_room_as_it_was(
    live_server: LiveServer, shared_room: str
) -> None:
    async with await RawSocket.join(live_server, shared_room) as watcher:
        for broken in BROKEN_FRAMES.values():
            async with await RawSocket.join(live_server, shared_room) as raw:
                raw.send(broken)
        async with await RawSocket.join(live_server, shared_room) as raw:
            raw.send(close_frame(1000))
            assert await raw.closed() == (1000, "")
        await answers(watcher)
