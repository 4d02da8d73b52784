"""A handshake is read without a failure, whatever a client puts into its headers."""

import pytest
from websockets.datastructures import Headers

from rooms.events import Position
from server.handshake import origin_allowed, read_handshake
from server.tokens import BadToken, Tokens

LIVE = "/v1/rooms/tea/live"
EPOCH = "0123456789abcdef"


def test_a_room_a_codec_a_token_and_a_position_are_read() -> None:
    headers = Headers(
        [("Authorization", "bearer abc"), ("Sec-WebSocket-Protocol", "kaibo.v1.json")]
    )
    asked = read_handshake(f"{LIVE}?since={EPOCH}:7", headers)
    assert asked is not None
    assert (asked.room_id, asked.subprotocol, asked.token) == ("tea", "kaibo.v1.json", "abc")
    assert asked.since == Position(EPOCH, 7)


@pytest.mark.parametrize(
    "path", ["/", "/v1/rooms//live", "/v1/rooms/tea/live/", "/v1/rooms/%0a/live"]
)
def test_another_path_names_no_room(path: str) -> None:
    assert read_handshake(path, Headers()) is None
    assert read_handshake(LIVE + "%0A", Headers()) is None


@pytest.mark.parametrize("since", ["", "x", "1:2", f"{EPOCH}:-1", f"{EPOCH}:{'9' * 16}"])
def test_a_position_that_cannot_be_read_asks_for_nothing(since: str) -> None:
    asked = read_handshake(f"{LIVE}?since={since}", Headers())
    assert asked is not None and asked.since is None


def test_two_tokens_are_none_that_was_given() -> None:
    tokens = Tokens(b"k" * 32, 60, 60)
    asked = read_handshake(
        LIVE, Headers([("Authorization", "Bearer a"), ("Authorization", "Bearer b")])
    )
    assert asked is not None
    with pytest.raises(BadToken, match="cannot be read"):
        tokens.read(asked.token, "tea", 0)


@pytest.mark.parametrize(
    ("headers", "is_allowed"),
    [
        ([("Host", "shop.test")], True),  # no browser
        ([("Host", "shop.test"), ("Origin", "https://shop.test")], True),
        ([("Host", "shop.test"), ("Origin", "https://listed.test")], True),
        ([("Host", "shop.test"), ("Origin", "https://evil.test")], False),
        ([("Host", "shop.test"), ("Origin", "http://[")], False),
        ([("Origin", "http://[")], False),
        ([("Origin", "null")], False),
        ([("Host", ""), ("Origin", "x")], False),
        ([("Host", "a"), ("Host", "b"), ("Origin", "http://c")], False),
        ([("Host", "a"), ("Origin", "http://a"), ("Origin", "http://a")], False),
    ],
)
def test_origins_are_judged_however_they_are_written(
    headers: list[tuple[str, str]], is_allowed: bool
) -> None:
    assert origin_allowed(Headers(headers), frozenset({"https://listed.test"})) is is_allowed
