"""A refusal says what would do, in words that are nobody's type names."""

from typing import Annotated, Any, Literal, get_type_hints

import pytest
from msgspec import Meta

from server.capacity.costs import Costs
from server.capacity.need import Audience
from server.settings import Settings
from server.wanted import wanted
from server.wire.fields import Id, Name, UnitsDelta, Uuid7


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (int, "a whole number"),
        (Annotated[int, Meta(ge=1)], "a whole number of at least 1"),
        (Annotated[int, Meta(le=9)], "a whole number of at most 9"),
        (Annotated[int, Meta(ge=0, le=65535)], "a whole number from 0 to 65535"),
        (UnitsDelta, "a whole number from -1000000 to 1000000"),
        (float, "a number"),
        (Annotated[float, Meta(gt=0)], "a number above 0"),
        (Annotated[float, Meta(gt=0, le=9)], "a number above 0 and of at most 9"),
        (Literal["fsync", "memory", "replica"], "fsync, memory or replica"),
        (Name, "1 to 24 characters"),
        (Uuid7, "a UUIDv7 (RFC 9562), lower case, chosen by the client"),
        (str, "text"),
    ],
)
def test_a_type_is_told_in_plain_words(kind: Any, words: str) -> None:
    assert wanted(kind) == words


def test_an_id_is_told_by_what_it_may_hold() -> None:
    assert wanted(Id).startswith("1 to 64 letters (a-z, A-Z), digits, - and _")


@pytest.mark.parametrize("kind", [Settings, Audience, Costs])
def test_every_setting_and_figure_can_be_told(kind: type[Any]) -> None:
    for name, hint in get_type_hints(kind, include_extras=True).items():
        assert wanted(hint).strip(), name
        assert not set("`^[{") & set(wanted(hint)), name
