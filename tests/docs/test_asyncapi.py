"""The AsyncAPI document is valid, complete, and true of what really goes over a socket."""

import asyncio
import json
import time
from typing import Any

import jsonschema
import pytest

from server.reference.asyncapi import asyncapi_document
from server.wire.commands import COMMANDS
from server.wire.events import EVENTS
from tests.docs.pages import ROOT
from tests.harness import LiveServer, new_id, one, open_room

DEADLINE_S = 30.0
LIKE_AGAIN_S = 3.0
SPECIFICATION = ROOT / "web_client/node_modules/@asyncapi/specs/schemas/3.0.0.json"


def test_it_is_a_valid_asyncapi_3_document() -> None:
    specification = json.loads(SPECIFICATION.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(specification).validate(asyncapi_document())


def test_every_command_reply_and_event_is_a_message() -> None:
    messages = asyncapi_document()["components"]["messages"]
    expected = {*COMMANDS, *(f"{op}.reply" for op in COMMANDS), *(f"event.{e}" for e in EVENTS)}
    assert set(messages) == expected | {"welcome", "error"}


def validator(message: str) -> jsonschema.Draft7Validator:
    document = asyncapi_document()
    payload = document["components"]["messages"][message]["payload"]
    return jsonschema.Draft7Validator({**payload, "components": document["components"]})


@pytest.mark.parametrize(
    ("name", "message", "is_valid"),
    [
        ("comment", ["comment", 1, {"text": "hi"}], True),
        ("comment", ["comment", 1, {"text": ""}], False),
        ("comment", ["comment", -1, {"text": "hi"}], False),
        ("comment", ["comment", 1], False),
        ("comment", ["like", 1, {"text": "hi"}], False),
        ("comment", ["comment", 1, {"text": "hi"}, 0], False),
    ],
)
def test_payload_schemas_tell_good_from_bad(name: str, message: Any, is_valid: bool) -> None:
    assert validator(name).is_valid(message) is is_valid


async def test_what_a_real_server_says_fits_the_document(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    token = live_server.token(room, "host")
    async with live_server.socket(room, token, subprotocol="kaibo.v1.json") as socket:
        asked: list[tuple[str, dict[str, Any]]] = [
            ("comment", {"text": "hello"}),
            ("pin", {"product_id": "tea"}),
            ("reserve", {"reservation_id": new_id(), "lines": one("flash")}),
            ("reserve", {"reservation_id": new_id(), "lines": one("nothing")}),
            ("like", {"count": 3}),
            ("holds", {}),
            ("announce", {"text": "hear"}),
            ("open_poll", {"poll_id": "p", "question": "Which?", "options": ["a", "b"]}),
            ("vote", {"poll_id": "p", "option": 1}),
            ("ask_question", {"text": "Why?"}),
            ("set_rules", {"slow_mode_s": 5, "blocked_words": ["spam"]}),
            ("mute", {"user_id": "u", "duration_s": 60}),
            ("rules", {}),
            ("viewers", {}),
        ]
        for number, (op, body) in enumerate(asked):
            validator(op).validate([op, number, body])
            await socket.send(json.dumps([op, number, body]))
        wanted = {"welcome", "error", "event.comment", "event.pin", "event.stock", "event.hold"}
        wanted |= {"event.likes", "comment.reply", "reserve.reply", "holds.reply"}
        wanted |= {"event.announcement", "event.poll", "event.question", "vote.reply"}
        wanted |= {f"{op}.reply" for op in ("open_poll", "ask_question", "rules", "viewers")}
        deadline_s = time.monotonic() + DEADLINE_S
        while wanted:
            assert time.monotonic() < deadline_s, (
                f"never came: {sorted(wanted)}\n{live_server.log()[-3000:]}"
            )
            try:
                message = json.loads(await asyncio.wait_for(socket.recv(), LIKE_AGAIN_S))
            except TimeoutError:
                # Counts of likes are not promised: one may be lost on a busy machine.
                at = [op for op, _ in asked].index("like")
                await socket.send(json.dumps([asked[at][0], at, asked[at][1]]))
                continue
            name = _name(message, [op for op, _ in asked])
            validator(name).validate(message)
            wanted.discard(name)


def _name(message: list[Any], asked: list[str]) -> str:
    match message[0]:
        case "event":
            return f"event.{message[1]}"
        case "reply":
            return f"{asked[message[1]]}.reply"
        case kind:
            return str(kind)
