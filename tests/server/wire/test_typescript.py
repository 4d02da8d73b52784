"""The browser's types are the server's structs: the generated file is current and complete."""

from pathlib import Path

import msgspec
import pytest

from server.wire import typescript
from server.wire.commands import COMMANDS, REPLIES
from server.wire.events import EVENTS

GENERATED = Path(__file__).parents[3] / "web_client/src/wire/types.gen.ts"


def test_generated_file_is_what_the_generator_writes_today() -> None:
    assert GENERATED.read_text(encoding="utf-8") == typescript.render(), (
        "run: python -m server.wire.typescript > web_client/src/wire/types.gen.ts"
    )


def test_every_command_reply_and_event_has_an_interface() -> None:
    text = typescript.render()
    bodies = [*COMMANDS.values(), *REPLIES.values(), *(kind.body for kind in EVENTS.values())]
    for body in bodies:
        declared = f"export interface {body.__name__} {{" in text
        assert declared or f"export type {body.__name__} =" in text, body.__name__


def test_fields_with_a_default_are_optional_and_others_are_not() -> None:
    text = typescript.render()
    assert "  countdown_s?: number;" in text
    assert "  available?: number | null;" in text
    assert "  pinned_product_id: string | null;" in text


def test_a_struct_is_declared_before_what_uses_it_and_only_once() -> None:
    class Inner(msgspec.Struct):
        size: int

    class Outer(msgspec.Struct):
        first: Inner
        rest: list[Inner | None]

    names = [struct.cls.__name__ for struct in typescript.collect([Outer, Inner])]
    assert names == ["Inner", "Outer"]


def test_a_list_of_a_union_keeps_its_brackets() -> None:
    assert typescript.type_text(msgspec.inspect.type_info(list[int | None])) == "(number | null)[]"


def test_a_type_without_a_translation_is_refused_by_name() -> None:
    with pytest.raises(typescript.UnknownShape, match="BytesType"):
        typescript.type_text(msgspec.inspect.type_info(bytes))
