"""One connection's protocol rules: what is run, what is refused, what ends the connection."""

import msgpack
import pytest

from rooms.rate_limit import Rate
from server import session as session_module
from server.session import Answer, Close, Execute, Session
from server.wire.codec import JSON, MSGPACK
from server.wire.codes import CloseCode, ErrorCode
from server.wire.commands import Comment, Pong
from server.wire.events import ErrorBody


def binary(in_flight_max: int = 16) -> Session:
    return Session(MSGPACK, in_flight_max, now_ms=0)


def tell(session: Session, message: object, now_ms: int = 0) -> object:
    return session.receive(msgpack.packb(message), False, now_ms)


def refused_with(effect: object, code: str, command_id: int | None, field: str | None) -> None:
    assert isinstance(effect, Answer) and isinstance(effect.body, ErrorBody)
    assert (effect.body.code, effect.command_id, effect.body.field) == (code, command_id, field)


def test_a_well_formed_command_is_run() -> None:
    effect = tell(binary(), ["comment", 7, {"text": "hi"}])
    assert effect == Execute(7, "comment", Comment(text="hi"))


def test_the_clock_is_told_at_once_however_many_commands_wait() -> None:
    session = binary(in_flight_max=1)
    assert isinstance(tell(session, ["comment", 1, {"text": "x"}]), Execute)
    effect = tell(session, ["ping", 2, {"sent_at_ms": 5}], now_ms=70)
    assert effect == Answer(2, Pong(sent_at_ms=5, received_at_ms=70, replied_at_ms=70))


def test_json_carries_the_same_commands() -> None:
    session = Session(JSON, 16, now_ms=0)
    effect = session.receive(b'["comment", 7, {"text": "hi"}]', True, 0)
    assert effect == Execute(7, "comment", Comment(text="hi"))


RESERVATION = "01890a5d-ac96-774b-bcce-b302099a8057"


def reserve(**changes: object) -> dict[str, object]:
    return {"reservation_id": RESERVATION, "lines": [{"sale_id": "s", "quantity": 1}]} | changes


def quantity(value: object) -> dict[str, object]:
    return reserve(lines=[{"sale_id": "s", "quantity": value}])


@pytest.mark.parametrize(
    ("message", "code", "command_id", "field"),
    [
        (["dance", 1, {}], ErrorCode.UNKNOWN_OP, 1, None),
        (["comment", 1], ErrorCode.BAD_MESSAGE, 1, None),
        (["comment", 1, {"text": "x"}, 0], ErrorCode.BAD_MESSAGE, 1, None),
        ([], ErrorCode.BAD_MESSAGE, None, None),
        ([5, 1, {}], ErrorCode.BAD_MESSAGE, 1, None),
        (["comment", -1, {"text": "x"}], ErrorCode.BAD_MESSAGE, None, None),
        (["comment", "one", {"text": "x"}], ErrorCode.BAD_MESSAGE, None, None),
        (["comment", 2**53, {"text": "x"}], ErrorCode.BAD_MESSAGE, None, None),
        (["comment", 1, {}], ErrorCode.BAD_FIELD, 1, "$.text"),
        (["comment", 1, []], ErrorCode.BAD_FIELD, 1, "$"),
        (["comment", 1, None], ErrorCode.BAD_FIELD, 1, "$"),
        (["comment", 1, {"text": 5}], ErrorCode.BAD_FIELD, 1, "$.text"),
        (["comment", 1, {"text": "x" * 201}], ErrorCode.BAD_FIELD, 1, "$.text"),
        (["comment", 1, {"text": "x", "bold": True}], ErrorCode.BAD_FIELD, 1, "$.bold"),
        (["reserve", 1, quantity(0)], ErrorCode.BAD_FIELD, 1, "$.lines[0].quantity"),
        (["reserve", 1, quantity(-1)], ErrorCode.BAD_FIELD, 1, "$.lines[0].quantity"),
        (["reserve", 1, quantity(2**53)], ErrorCode.BAD_FIELD, 1, "$.lines[0].quantity"),
        (["reserve", 1, quantity("1")], ErrorCode.BAD_FIELD, 1, "$.lines[0].quantity"),
        (["reserve", 1, quantity(1.5)], ErrorCode.BAD_FIELD, 1, "$.lines[0].quantity"),
        (["reserve", 1, quantity(True)], ErrorCode.BAD_FIELD, 1, "$.lines[0].quantity"),
        (["reserve", 1, reserve(lines=[])], ErrorCode.BAD_FIELD, 1, "$.lines"),
        (["reserve", 1, reserve(reservation_id="1")], ErrorCode.BAD_FIELD, 1, "$.reservation_id"),
    ],
)
def test_bad_input_is_refused_by_name_and_leaves_the_session_open(
    message: object, code: str, command_id: int | None, field: str | None
) -> None:
    session = binary()
    refused_with(tell(session, message), code, command_id, field)
    assert isinstance(tell(session, ["comment", 8, {"text": "still here"}]), Execute)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        b"\x92\x01",
        msgpack.packb({"op": "comment"}),
        msgpack.packb("comment"),
        b"\x91" * 5_000 + b"\x90",
        msgpack.packb([1]) + b"\x00",
    ],
)
def test_bytes_that_are_no_message_close_the_connection(payload: bytes) -> None:
    effect = binary().receive(payload, False, 0)
    assert isinstance(effect, Close)
    assert effect.code is CloseCode.BAD_MESSAGE


@pytest.mark.parametrize("text", [b"{", b"5", b"[NaN, 1, {}]", b"[" * 50_000, b'{"op": 1}'])
def test_text_that_is_no_message_closes_the_connection(text: bytes) -> None:
    effect = Session(JSON, 16, now_ms=0).receive(text, True, 0)
    assert isinstance(effect, Close)
    assert effect.code is CloseCode.BAD_MESSAGE


@pytest.mark.parametrize(("codec", "is_text"), [(MSGPACK, True), (JSON, False)])
def test_the_wrong_kind_of_frame_closes_the_connection(codec: object, is_text: bool) -> None:
    session = Session(codec, 16, now_ms=0)  # type: ignore[arg-type]
    effect = session.receive(codec.encode(["ping", 1, {"sent_at_ms": 0}]), is_text, 0)  # type: ignore[attr-defined]
    assert isinstance(effect, Close)
    assert effect.code is CloseCode.BAD_MESSAGE


def test_nothing_is_read_once_closed() -> None:
    session = binary()
    tell(session, "not a list")
    assert tell(session, ["comment", 1, {"text": "x"}]) is None


def test_commands_in_flight_are_bounded_until_one_is_answered() -> None:
    session = binary(in_flight_max=2)
    comment = ["comment", 1, {"text": "x"}]
    assert isinstance(tell(session, comment), Execute)
    assert isinstance(tell(session, comment), Execute)
    refused_with(tell(session, comment), ErrorCode.TOO_MANY_IN_FLIGHT, 1, None)
    session.answered()
    assert isinstance(tell(session, comment), Execute)


def test_a_flood_is_refused_first_and_closed_when_it_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_module, "COMMAND_RATE", Rate(burst=3, per_minute=1))
    monkeypatch.setattr(session_module, "REFUSALS_MAX", 5)
    session = binary(in_flight_max=100)
    effects = [tell(session, ["comment", 1, {"text": "x"}]) for _ in range(9)]
    assert [type(effect) for effect in effects] == [Execute] * 3 + [Answer] * 5 + [Close]
    assert isinstance(effects[3], Answer) and isinstance(effects[3].body, ErrorBody)
    assert effects[3].body.retry_after_ms
    assert isinstance(effects[-1], Close) and effects[-1].code is CloseCode.RATE
