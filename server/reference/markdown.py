"""The little Markdown that pages are made of: tables, templates, and structs as field lists."""

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import inspect

from server.wire.typescript import type_text

_BLANK = re.compile(r"\{\{(\w+)\}\}")
_LARGE = 10_000  # from here on, digits are grouped


class Incomplete(LookupError):
    """A page would leave something out; the message says what to add, and where."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def filled(template: str, parts: Mapping[str, str]) -> str:
    """The template file beside this module with every `{{name}}` filled in. Raises Incomplete."""
    text = (files("server.reference") / template).read_text("utf-8")
    named = set(_BLANK.findall(text))
    if named != set(parts):
        raise Incomplete(f"{template} and its parts differ in: {sorted(named ^ set(parts))}")
    return _BLANK.sub(lambda found: parts[found[1]], text)


def require_same(what: str, described: Iterable[Any], existing: Iterable[Any]) -> None:
    """Raises Incomplete unless exactly what exists is described."""
    difference = set(described) ^ set(existing)
    if difference:
        raise Incomplete(f"{what}: described or existing, but not both: {sorted(difference)}")


def doc(kind: type[Any]) -> str:
    """The first words of a class on one line; empty if it has none."""
    return " ".join((kind.__dict__.get("__doc__") or "").split())


def type_words(info: inspect.Type) -> str:
    return type_text(info).replace(" | ", " or ")


def shape(kind: type[msgspec.Struct]) -> str:
    """`{name: type, ...}` on one line."""
    inside = ", ".join(
        f"{field.encode_name}: {type_words(field.type)}" for field in _fields_of(kind)
    )
    return f"{{{inside}}}"


def field_list(kind: type[msgspec.Struct]) -> str:
    """Names and types, one field a line."""
    fields = _fields_of(kind)
    width = max(len(field.encode_name) for field in fields)
    lines = [f"{field.encode_name:{width}}  {type_words(field.type)}" for field in fields]
    return "\n".join(["```", *lines, "```"])


def field_table(kind: type[msgspec.Struct], without: Iterable[str] = ()) -> str:
    """What a client may send: each field with its limits and default."""
    rows = [
        [f"`{field.encode_name}`", type_words(field.type), limits(field.type), _default(field)]
        for field in _fields_of(kind)
        if field.encode_name not in set(without)
    ]
    return table(["field", "type", "limits", "if absent"], rows) if rows else ""


def _fields_of(kind: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return info.fields


def _default(field: inspect.Field) -> str:
    return "refused" if field.required else f"`{msgspec.json.encode(field.default).decode()}`"


def limits(info: inspect.Type) -> str:
    """What a value must be beyond its type, in words."""
    if isinstance(info, inspect.Metadata):
        described = (info.extra_json_schema or {}).get("description")
        return str(described) if described else limits(info.type)
    if isinstance(info, inspect.UnionType):
        return "; ".join(filter(None, (limits(option) for option in info.types)))
    if isinstance(info, inspect.IntType):
        return _between(info.ge, info.le)
    if isinstance(info, inspect.StrType):
        sized = _between(info.min_length, info.max_length, " characters")
        matching = f"matches `{info.pattern}`" if info.pattern else ""
        return ", ".join(filter(None, (sized, matching)))
    if isinstance(info, inspect.ListType):
        return _between(info.min_length, info.max_length, " items")
    return ""


def _between(low: int | None, high: int | None, unit: str = "") -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f"{low} or more{unit}"
    return f"{number(low or 0)} to {number(high)}{unit}"


def number(value: int) -> str:
    return f"{value:,}" if abs(value) >= _LARGE else str(value)
