"""The bytes that the benchmark's readers and publishers make and read."""

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as ReferenceFrame
from websockets.frames import Opcode

from loadtests.bench.channel import EVENT_BYTES
from loadtests.bench.frames import (
    Undecodable,
    client_frame,
    comment_payload,
    envelope,
    payload_of,
    split_frames,
)
from rooms.events import Delivery
from rooms.redis_broker.envelope import decode


def server_frame(payload: bytes) -> bytes:
    return ReferenceFrame(Opcode.BINARY, payload).serialize(mask=False)


@given(st.lists(st.binary(max_size=70_000), max_size=4), st.integers(min_value=0))
def test_frames_are_split_wherever_a_read_ends(payloads: list[bytes], cut: int) -> None:
    stream = b"".join(server_frame(payload) for payload in payloads)
    at = cut % (len(stream) + 1)
    first, rest = split_frames(stream[:at])
    second, left = split_frames(rest + stream[at:])
    assert [frame.payload for frame in first + second] == payloads
    assert left == b""


def test_a_masked_frame_from_a_server_is_not_read() -> None:
    with pytest.raises(Undecodable):
        split_frames(client_frame(b"no"))


@pytest.mark.parametrize("size_bytes", [0, 125, 126, 65_535])
def test_a_client_frame_says_its_length(size_bytes: int) -> None:
    frame = bytearray(client_frame(bytes(size_bytes)))
    frame[1] &= 0x7F
    header_bytes = 2 if size_bytes <= 125 else 4
    del frame[header_bytes : header_bytes + 4]  # the mask, which is all zeros
    assert split_frames(bytes(frame)) == ([(2, bytes(size_bytes))], b"")


def test_a_measured_comment_has_the_size_that_the_report_states() -> None:
    payload = comment_payload(EVENT_BYTES)
    assert len(payload) == EVENT_BYTES
    assert msgpack.unpackb(payload)[:3] == ["event", "comment", None]


def test_the_room_and_the_peers_read_the_envelope_that_the_bench_publishes() -> None:
    payload = comment_payload(EVENT_BYTES)
    message = envelope(payload, "0123456789abcdef")
    [event] = decode(message)
    assert event.payload == payload == payload_of(message)
    assert (event.delivery, event.to, event.offset) == (Delivery.CHAT, "", None)
    assert event.epoch == "0123456789abcdef"
