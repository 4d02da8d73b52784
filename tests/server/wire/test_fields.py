"""What no field may hold: a line feed at its end, an address elsewhere, a change of nothing."""

import re
from typing import Any

import msgspec
import pytest

from server.wire import fields
from server.wire.codec import convert
from server.wire.commands import Restock
from server.wire.events import ErrorBody
from server.wire.fields import CommentRef, Currency, Id, ReceiptText, Url, Uuid7
from tests.harness import new_id

GOOD = [
    (Id, "tea-1"),
    (CommentRef, "-c_1"),
    (Uuid7, new_id()),
    (Currency, "CNY"),
    (ReceiptText, "3jFEVVY-PGRX_w=="),
    (Url, "/demo/tea.svg"),
]


def patterned() -> list[Any]:
    """Every type of `fields` that has a pattern."""
    kinds = [kind for name, kind in vars(fields).items() if name[0].isupper() and name != "Any"]
    metas = [(kind, getattr(kind, "__metadata__", ())) for kind in kinds]
    return [kind for kind, meta in metas if any(getattr(m, "pattern", None) for m in meta)]


def test_every_pattern_has_its_example_here() -> None:
    assert {str(kind) for kind, _ in GOOD} == {str(kind) for kind in patterned()}


@pytest.mark.parametrize(("kind", "text"), GOOD)
def test_a_text_that_fits_is_refused_with_anything_after_it(kind: Any, text: str) -> None:
    assert msgspec.convert(text, kind) == text
    for end in ("\n", "\r", "\n\n", "\u2028", " ", "\nx"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(text + end, kind)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert("\n" + text, kind)


@pytest.mark.parametrize("kind", [kind for kind, _ in GOOD])
def test_a_pattern_uses_nothing_that_json_schema_lacks(kind: Any) -> None:
    pattern = msgspec.json.schema(kind)["pattern"]
    assert not re.search(r"\\[AZz]|\(\?P|\(\?<|\(\?[aimsx]", pattern)


@pytest.mark.parametrize(
    "url",
    ["//evil/x", "/\\evil/x", "https://", "http:///x", "javascript:alert(1)", "x", "", "/a b"],
)
def test_an_address_elsewhere_or_nowhere_is_refused(url: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(url, Url)


@pytest.mark.parametrize("url", ["/", "/a//b", "https://cdn.test/live.m3u8?x=1", "http://h:1"])
def test_an_address_on_the_web_or_here_is_taken(url: str) -> None:
    assert msgspec.convert(url, Url) == url


def test_a_restock_of_nothing_is_refused() -> None:
    refused = convert({"restock_id": new_id(), "sale_id": "flash", "units": 0}, Restock)
    assert isinstance(refused, ErrorBody)
    assert refused.field == "$.units"


@pytest.mark.parametrize("name", ["x" * 10_000, "`" + "x" * 10_000, "x`\n" * 3_000])
def test_a_long_name_is_not_told_back_in_full(name: str) -> None:
    refused = convert({"restock_id": new_id(), "sale_id": "flash", "units": 1, name: 1}, Restock)
    assert isinstance(refused, ErrorBody)
    assert refused.field is not None and name[:60] in refused.field
    assert len(refused.field) < 80 and len(refused.message) < 200
