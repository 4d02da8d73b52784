"""TypeScript types of protocol v1, made from the same structs that the server validates with.

`python -m server.wire.typescript > web_client/src/wire/types.gen.ts` writes them; a test fails when
that file is not what this module would write. A field is optional in TypeScript exactly when its
struct gives it a default.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import inspect

from server.wire.codes import CloseCode, ErrorCode
from server.wire.commands import COMMANDS, REPLIES
from server.wire.events import EVENTS, ErrorBody, Greeting, RoomSnapshot
from server.wire.roles import LEAST_ROLE

HEADER = """\
// Protocol v1, generated from server/wire. Do not edit: change the structs there, then run
//   python -m server.wire.typescript > web_client/src/wire/types.gen.ts
"""

MESSAGES = """\
export type Op = keyof Commands;
export type EventType = keyof Events;
export type CommandMessage<O extends Op = Op> = [op: O, id: number, body: Commands[O]];
export type WelcomeMessage = ["welcome", Greeting, RoomSnapshot];
export type ReplyMessage = ["reply", number, Replies[Op]];
export type ErrorMessage = ["error", number | null, ErrorBody];
/** `["event", type, offset, ts_ms, body]`: the type says which body. */
export type EventMessage = {
  [T in EventType]: ["event", T, number | null, number, Events[T]];
}[EventType];
export type ServerMessage = WelcomeMessage | ReplyMessage | ErrorMessage | EventMessage;
"""

_SCALARS: dict[type[inspect.Type], str] = {
    inspect.StrType: "string",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.BoolType: "boolean",
    inspect.NoneType: "null",
    inspect.AnyType: "unknown",
}


class UnknownShape(TypeError):
    """A wire struct uses a type this module has no TypeScript for; say it in `type_text`."""


def render() -> str:
    """The whole of `types.gen.ts`."""
    first: list[type[msgspec.Struct]] = [Greeting, RoomSnapshot, ErrorBody]
    structs = collect([*COMMANDS.values(), *REPLIES.values(), *_event_bodies(), *first])
    parts = [HEADER, *(_interface(struct) for struct in structs)]
    parts += [
        _table("Commands", ((op, body.__name__) for op, body in COMMANDS.items())),
        _table("Replies", ((op, body.__name__) for op, body in REPLIES.items())),
        _table("Events", ((name, kind.body.__name__) for name, kind in EVENTS.items())),
        _constant("LEAST_ROLE", ((op, _quoted(role)) for op, role in LEAST_ROLE.items())),
        _union("ErrorCode", (code.value for code in ErrorCode)),
        _constant("CLOSE", ((code.name, str(code.value)) for code in CloseCode)),
        MESSAGES,
    ]
    return "\n".join(parts)


def collect(roots: Iterable[type[msgspec.Struct]]) -> list[inspect.StructType]:
    """Every struct reachable from `roots`, each once, what is used before what uses it."""
    found: dict[str, inspect.StructType] = {}

    def visit(info: inspect.Type) -> None:
        if isinstance(info, inspect.StructType):
            if info.cls.__name__ in found:
                return
            for field in info.fields:
                visit(field.type)
            found[info.cls.__name__] = info
        for inner in _inside(info):
            visit(inner)

    for root in roots:
        visit(inspect.type_info(root))
    return list(found.values())


def type_text(info: inspect.Type) -> str:
    """One type as TypeScript writes it. Raises UnknownShape."""
    if isinstance(info, inspect.Metadata):
        return type_text(info.type)
    if isinstance(info, inspect.StructType):
        return info.cls.__name__
    if isinstance(info, inspect.UnionType):
        return " | ".join(type_text(option) for option in info.types)
    if isinstance(info, inspect.LiteralType):
        return " | ".join(_quoted(value) for value in info.values)
    if isinstance(info, inspect.ListType):
        item = type_text(info.item_type)
        return f"({item})[]" if "|" in item else f"{item}[]"
    if isinstance(info, inspect.DictType):
        return f"Record<{type_text(info.key_type)}, {type_text(info.value_type)}>"
    if type(info) in _SCALARS:
        return _SCALARS[type(info)]
    raise UnknownShape(f"no TypeScript for {info!r}")


def _inside(info: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(info, inspect.Metadata):
        yield info.type
    elif isinstance(info, inspect.UnionType):
        yield from info.types
    elif isinstance(info, inspect.ListType):
        yield info.item_type


def _event_bodies() -> Iterator[type[msgspec.Struct]]:
    return (kind.body for kind in EVENTS.values())


def _interface(struct: inspect.StructType) -> str:
    lines = [
        f"  {field.encode_name}{'' if field.required else '?'}: {type_text(field.type)};"
        for field in struct.fields
    ]
    opening = f"export interface {struct.cls.__name__} {{"
    # An empty interface would accept every value; this one accepts only an empty object.
    body = "\n".join([opening, *lines, "}"]) if lines else _empty(struct)
    return f"{_doc(struct.cls)}{body}\n"


def _empty(struct: inspect.StructType) -> str:
    return f"export type {struct.cls.__name__} = Record<string, never>;"


def _doc(cls: type[Any]) -> str:
    text = cls.__dict__.get("__doc__")
    if not text:
        return ""
    lines = [line.strip() for line in text.strip().splitlines()]
    if len(lines) == 1:
        return f"/** {lines[0]} */\n"
    return "\n".join(["/**", *(f" * {line}".rstrip() for line in lines), " */", ""])


def _table(name: str, rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join([f"export interface {name} {{", *(f"  {k}: {v};" for k, v in rows), "}", ""])


def _union(name: str, values: Iterable[str]) -> str:
    return "\n".join([f"export type {name} =", *(f"  | {_quoted(v)}" for v in values)]) + ";\n"


def _constant(name: str, rows: Iterable[tuple[str, str]]) -> str:
    lines = (f"  {key}: {value}," for key, value in rows)
    return "\n".join([f"export const {name} = {{", *lines, "} as const;", ""])


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


if __name__ == "__main__":
    sys.stdout.write(render())
