"""The AsyncAPI 3.0 document of protocol v1, made from the messages that the server validates with.

Messages are arrays, so every payload is a schema of positions, of which the first names the
message. The document describes the server: it receives commands and sends everything else.
"""

import json
from typing import Any

import msgspec

from server.wire.codec import JSON, MSGPACK
from server.wire.commands import COMMANDS, REPLIES, Command
from server.wire.events import EVENTS, ErrorBody, Greeting, RoomSnapshot
from server.wire.fields import INT_SAFE_MAX
from server.wire.roles import LEAST_ROLE
from server.wire.views import Role

_FOR: dict[Role, str] = {
    "viewer": "",
    "assistant": "For hosts and their assistants.",
    "host": "For hosts only.",
}
SCHEMA_REF = "#/components/schemas/{name}"
CHANNEL = "room"
_ID = {"type": "integer", "minimum": 0, "maximum": INT_SAFE_MAX}

_DESCRIPTION = (
    "Live rooms over WebSocket: one room per connection, one message per frame. The same arrays "
    f"travel as msgpack (subprotocol {MSGPACK.subprotocol}, binary frames) or as JSON "
    f"({JSON.subprotocol}, text frames). What no schema can say is in docs/reference/protocol.md."
)


def render() -> str:
    """The whole document as JSON text."""
    return json.dumps(asyncapi_document(), indent=2, ensure_ascii=False) + "\n"


def asyncapi_document() -> dict[str, Any]:
    """The whole document, as plain values."""
    messages = {**_command_messages(), **_server_messages()}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Kaibo live rooms", "version": "1", "description": _DESCRIPTION},
        "defaultContentType": "application/vnd.msgpack",
        "channels": {CHANNEL: _channel(messages)},
        "operations": {**_command_operations(), **_push_operations()},
        "components": {"messages": messages, "schemas": _schemas()},
    }


def _channel(messages: dict[str, Any]) -> dict[str, Any]:
    since = {"type": "string", "pattern": "^[0-9a-f]{16}:[0-9]{1,15}$"}
    return {
        "address": "/v1/rooms/{room_id}/live",
        "parameters": {"room_id": {"description": "the room"}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {"type": "object", "properties": {"since": since}},
            }
        },
    }


def _schemas() -> dict[str, Any]:
    kinds: list[Any] = [*COMMANDS.values(), *REPLIES.values(), Greeting, RoomSnapshot, ErrorBody]
    kinds += [kind.body for kind in EVENTS.values()]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=SCHEMA_REF)
    return schemas


def _array(*positions: dict[str, Any]) -> dict[str, Any]:
    # AsyncAPI's schemas follow draft 7, where a list under `items` means positions.
    return {
        "type": "array",
        "items": list(positions),
        "additionalItems": False,
        "minItems": len(positions),
    }


def _body(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"$ref": SCHEMA_REF.format(name=kind.__name__)}


def _message(title: str, payload: dict[str, Any], summary: str = "") -> dict[str, Any]:
    return {
        "name": title,
        "title": title,
        **({"summary": summary} if summary else {}),
        "payload": payload,
    }


def _first_line(kind: type[msgspec.Struct]) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]


def _command_messages() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for op, command in COMMANDS.items():
        payload = _array({"const": op}, _ID, _body(command))
        found[op] = _message(op, payload, _command_summary(op, command))
        reply = _array({"const": "reply"}, _ID, _body(REPLIES[op]))
        found[f"{op}.reply"] = _message(f"{op}.reply", reply)
    return found


def _command_summary(op: str, command: type[Command]) -> str:
    own = _first_line(command) if command.__doc__ else ""
    return f"{own} {_FOR[LEAST_ROLE[op]]}".strip()


def _server_messages() -> dict[str, Any]:
    welcome = _array({"const": "welcome"}, _body(Greeting), _body(RoomSnapshot))
    nothing_or_id = {"oneOf": [_ID, {"type": "null"}]}
    error = _array({"const": "error"}, nothing_or_id, _body(ErrorBody))
    found = {"welcome": _message("welcome", welcome, "The first message on every connection.")}
    found["error"] = _message("error", error, "A command was refused and changed nothing.")
    for name, kind in EVENTS.items():
        offset = _ID if kind.numbered else {"type": "null"}
        payload = _array({"const": "event"}, {"const": name}, offset, _ID, _body(kind.body))
        found[f"event.{name}"] = _message(f"event.{name}", payload, _first_line(kind.body))
    return found


def _in_channel(name: str) -> dict[str, str]:
    escaped = name.replace("~", "~0").replace("/", "~1")
    return {"$ref": f"#/channels/{CHANNEL}/messages/{escaped}"}


def _command_operations() -> dict[str, Any]:
    channel = {"$ref": f"#/channels/{CHANNEL}"}
    return {
        op: {
            "action": "receive",
            "channel": channel,
            "messages": [_in_channel(op)],
            "reply": {
                "channel": channel,
                "messages": [_in_channel(f"{op}.reply"), _in_channel("error")],
            },
        }
        for op in COMMANDS
    }


def _push_operations() -> dict[str, Any]:
    pushed = ["welcome", *(f"event.{name}" for name in EVENTS)]
    return {
        f"send_{name}": {
            "action": "send",
            "channel": {"$ref": f"#/channels/{CHANNEL}"},
            "messages": [_in_channel(name)],
        }
        for name in pushed
    }
