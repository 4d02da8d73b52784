"""UTF-8 in text messages, after section 6 of the Autobahn test suite: whole, in fragments that end
inside a code point, and wrong in every way. Wrong text fails the connection with 1007, and in
fragments with the first fragment that shows it.
"""

import json

import pytest

from tests.raw_socket import CLOSE, TEXT, RawSocket, fragments, frame

INVALID_DATA = 1007

VALID = {
    "greek": "κόσμε",
    "last of one byte": "\u007f",
    "first of two bytes": "\u0080",
    "last of two bytes": "\u07ff",
    "first of three bytes": "\u0800",
    "before the surrogates": "\ud7ff",
    "after the surrogates": "\ue000",
    "replacement character": "\ufffd",
    "noncharacters": "\ufffe\uffff",
    "first of four bytes": "\U00010000",
    "last code point": "\U0010ffff",
    "emoji of several": "👩‍👧",
}

INVALID = {
    "lone continuation": b"\x80",
    "two continuations": b"\x80\xbf",
    "cut off, two bytes": b"\xc3",
    "cut off, three bytes": b"\xe2\x82",
    "cut off, four bytes": b"\xf0\x9f\x92",
    "start without continuation": b"\xc3(",
    "overlong slash, two bytes": b"\xc0\xaf",
    "overlong slash, three bytes": b"\xe0\x80\xaf",
    "overlong slash, four bytes": b"\xf0\x80\x80\xaf",
    "overlong null": b"\xc0\x80",
    "first surrogate": b"\xed\xa0\x80",
    "last surrogate": b"\xed\xbf\xbf",
    "surrogate pair": b"\xed\xa0\x80\xed\xb0\x80",
    "above the last code point": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "fe": b"\xfe",
    "ff": b"\xff",
    "right, then wrong": "κόσμε".encode() + b"\xed\xa0\x80edited",
}


def command(text: str) -> bytes:
    return json.dumps([text, 1, {}], ensure_ascii=False).encode()


@pytest.mark.parametrize("name", VALID)
async def test_valid_text_is_read_wherever_it_is_cut(raw: RawSocket, name: str) -> None:
    whole = command(VALID[name])
    inside = range(2, 2 + len(VALID[name].encode()) + 1)
    raw.send(frame(TEXT, whole), *(part for cut in inside for part in fragments(TEXT, whole, cut)))
    for _ in range(1 + len(inside)):
        answer = await raw.answer()
        assert (answer[:2], answer[2]["code"]) == (["error", 1], "UNKNOWN_OP")


@pytest.mark.parametrize("name", INVALID)
async def test_invalid_text_fails_the_connection(raw: RawSocket, name: str) -> None:
    raw.send(frame(TEXT, b'["' + INVALID[name] + b'", 1, {}]'))
    assert (await raw.closed())[0] == INVALID_DATA


@pytest.mark.parametrize("name", INVALID)
async def test_invalid_text_at_the_end_fails_the_connection(raw: RawSocket, name: str) -> None:
    raw.send(frame(TEXT, INVALID[name]))
    assert (await raw.closed())[0] == INVALID_DATA


@pytest.mark.parametrize("name", [name for name in INVALID if not name.startswith("cut off")])
async def test_invalid_text_fails_with_the_fragment_that_shows_it(
    raw: RawSocket, name: str
) -> None:
    wrong = INVALID[name]
    first, *rest = fragments(TEXT, b'["' + wrong + b'"]', *range(2, 2 + len(wrong)))
    raw.send(first, *rest[:-1])
    raw.send(frame(0, wrong[-1:] + b'"', fin=False))  # not the last: nothing waits for it
    while (received := await raw.receive()).opcode != CLOSE:
        assert received.opcode == TEXT
    assert int.from_bytes(received.payload[:2]) == INVALID_DATA
    await raw.ended()


async def test_a_code_point_that_the_last_fragment_leaves_open_fails_it(raw: RawSocket) -> None:
    raw.send(*fragments(TEXT, b'["\xf0\x9f\x92', 3, 4))
    assert (await raw.closed())[0] == INVALID_DATA
