"""How one speaks with each server: the same few things, in its own words. Pure.

A viewer who is only counted reads nothing. One who is read hears comments, whose texts carry our
own numbers; a buyer hears answers, which are told apart by their first bytes.
"""

import json
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import msgpack

from loadtests.bench.frames import client_frame, handshake

RETRYABLE = {"NOT_STARTED", "PAUSED", "UNAVAILABLE", "INTERNAL", "RATE_LIMITED"}


class Kind(StrEnum):
    WELCOME = "welcome"
    COMMENT = "comment"
    SKIPPED = "skipped"
    HELD = "held"
    REFUSED = "refused"  # sold out, or over the limit
    AGAIN = "again"  # nobody knows, or not now: ask again with the same id
    OTHER = "other"


class Heard(NamedTuple):
    """What a message says. `about` is a comment's text, or the id that an answer is to."""

    kind: Kind
    about: str = ""
    position: str = ""  # how far the room is, for who comes back


class Dialect(Protocol):
    """One person's words. `token` is what the server knows them by."""

    def knock(self, token: str, position: str) -> bytes: ...

    def comment(self, number: int, text: str) -> bytes: ...

    def buy(self, number: int, reservation_id: str, sale: str) -> bytes: ...

    def answer(self, payload: bytes) -> Heard | None:
        """What an answer says; None for what is no answer."""

    def event(self, payload: bytes) -> Heard: ...


class KaiboWords:
    """Protocol v1 in msgpack. An answer names its command's number, so ids are kept by it."""

    def __init__(self, room_id: str) -> None:
        self._path = f"/v1/rooms/{room_id}/live"
        self._epoch = ""
        self._asked: dict[int, str] = {}

    def knock(self, token: str, position: str) -> bytes:
        headers = {"Sec-WebSocket-Protocol": "kaibo.v1.msgpack", "Authorization": f"Bearer {token}"}
        return handshake(self._path + (f"?since={position}" if position else ""), headers)

    def comment(self, number: int, text: str) -> bytes:
        return client_frame(msgpack.packb(["comment", number, {"text": text}]))

    def buy(self, number: int, reservation_id: str, sale: str) -> bytes:
        self._asked[number] = reservation_id
        body = {"reservation_id": reservation_id, "lines": [{"sale_id": sale, "quantity": 1}]}
        return client_frame(msgpack.packb(["reserve", number, body]))

    def answer(self, payload: bytes) -> Heard | None:
        if payload[1:7] not in (b"\xa5reply", b"\xa5error"):
            return None
        kind, number, body = msgpack.unpackb(payload)
        about = self._asked.pop(number, "")
        if kind == "reply":
            return Heard(Kind.HELD, about)
        return Heard(Kind.AGAIN if body["code"] in RETRYABLE else Kind.REFUSED, about)

    def event(self, payload: bytes) -> Heard:
        message: list[Any] = msgpack.unpackb(payload)
        if message[0] == "welcome":
            position = message[2]["position"]
            self._epoch = position["epoch"]
            return Heard(Kind.WELCOME, position=f"{self._epoch}:{position['offset']}")
        if message[0] != "event":
            return Heard(Kind.OTHER)
        _, name, offset, _, body = message
        position = f"{self._epoch}:{offset}" if offset is not None else ""
        if name == "comment":
            return Heard(Kind.COMMENT, body["comment"]["text"], position)
        return Heard(Kind.SKIPPED if name == "skipped" else Kind.OTHER, position=position)


class PeerWords:
    """JSON. It has no positions: who comes back begins anew."""

    def knock(self, token: str, position: str) -> bytes:
        del position
        return handshake(f"/live?buyer={token}", {})

    def comment(self, number: int, text: str) -> bytes:
        return _json_frame({"type": "comment", "id": number, "text": text})

    def buy(self, number: int, reservation_id: str, sale: str) -> bytes:
        del number
        return _json_frame({"type": "buy", "id": reservation_id, "sale": sale})

    def answer(self, payload: bytes) -> Heard | None:
        if b'"bought"' not in payload[:24] and b'"refused"' not in payload[:24]:
            return None
        message = json.loads(payload)
        return Heard(Kind.HELD if message["type"] == "bought" else Kind.REFUSED, message["id"])

    def event(self, payload: bytes) -> Heard:
        message = json.loads(payload)
        if message["type"] == "comment":
            return Heard(Kind.COMMENT, message["text"])
        return Heard(Kind.WELCOME if message["type"] == "welcome" else Kind.OTHER)


def _json_frame(message: dict[str, Any]) -> bytes:
    return client_frame(json.dumps(message).encode(), text=True)
