"""Frames to messages: what counts, what is put together, what fails the connection."""

import pytest
from websockets.frames import Frame, Opcode

from server.assembly import FRAGMENTS_MAX, FRAME_RATE, Assembly, Message
from server.session import Close
from server.wire.codes import CloseCode

BYTES_MAX = 100
CONT, TEXT, BINARY, PING, PONG = (
    Opcode.CONT,
    Opcode.TEXT,
    Opcode.BINARY,
    Opcode.PING,
    Opcode.PONG,
)


def take_all(assembly: Assembly, *frames: Frame) -> list[Message | Close]:
    taken = (assembly.take(frame, 0) for frame in frames)
    return [found for found in taken if found is not None]


def code_of(effect: Message | Close) -> CloseCode:
    assert isinstance(effect, Close)
    return effect.code


def test_a_whole_message_is_told_with_its_kind() -> None:
    assembly = Assembly(BYTES_MAX, 0)
    assert take_all(assembly, Frame(TEXT, b"a"), Frame(BINARY, b"\xff")) == [
        Message(b"a", is_text=True),
        Message(b"\xff", is_text=False),
    ]


def test_fragments_are_joined_around_control_frames() -> None:
    frames = [
        Frame(TEXT, "é".encode()[:1], fin=False),
        Frame(PING, b"x"),
        Frame(CONT, b"", fin=False),
        Frame(PONG, b"y"),
        Frame(CONT, "é".encode()[1:]),
    ]
    assert take_all(Assembly(BYTES_MAX, 0), *frames) == [Message("é".encode(), is_text=True)]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([Frame(BINARY, b"x" * (BYTES_MAX + 1))], CloseCode.TOO_BIG),
        ([Frame(BINARY, b"x" * 60, fin=False), Frame(CONT, b"x" * 41)], CloseCode.TOO_BIG),
        ([Frame(TEXT, b"\xff")], CloseCode.INVALID_DATA),
        ([Frame(TEXT, b"\xc3", fin=False), Frame(CONT, b"(", fin=False)], CloseCode.INVALID_DATA),
        ([Frame(TEXT, b"\xc3", fin=False), Frame(CONT, b"")], CloseCode.INVALID_DATA),
    ],
)
def test_what_breaks_a_bound_fails_the_connection(frames: list[Frame], code: CloseCode) -> None:
    assert [code_of(found) for found in take_all(Assembly(BYTES_MAX, 0), *frames)] == [code]


@pytest.mark.parametrize(
    ("fragments", "fails"), [(FRAGMENTS_MAX, False), (FRAGMENTS_MAX + 1, True)]
)
def test_a_message_has_so_many_fragments_and_no_more(fragments: int, fails: bool) -> None:
    frames = [Frame(BINARY if n == 0 else CONT, b"x", fin=False) for n in range(fragments - 1)]
    found = take_all(Assembly(BYTES_MAX, 0), *frames, Frame(CONT, b"x"))
    assert [isinstance(effect, Close) for effect in found] == [fails]


@pytest.mark.parametrize(
    "frame", [Frame(BINARY, b"", fin=False), Frame(PING, b""), Frame(PONG, b"")]
)
def test_every_frame_counts_also_an_empty_one(frame: Frame) -> None:
    assembly = Assembly(BYTES_MAX, 0)
    assert take_all(assembly, *[frame] * FRAME_RATE.burst) == []
    assert [code_of(found) for found in take_all(assembly, frame)] == [CloseCode.RATE]


def test_time_gives_frames_back() -> None:
    assembly = Assembly(BYTES_MAX, 0)
    take_all(assembly, *[Frame(PING, b"")] * FRAME_RATE.burst)
    per_second = FRAME_RATE.per_minute // 60
    for _ in range(per_second):
        assert assembly.take(Frame(PING, b""), 1_000) is None
    assert isinstance(assembly.take(Frame(PING, b""), 1_000), Close)
