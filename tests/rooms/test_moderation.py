"""Comments are shown on one line, without what cannot be seen or reads other than it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.moderation import clean


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("  hello   world ", "hello world"),
        ("two\nlines\tand tabs", "two lines and tabs"),
        ("龙井茶\u3000好喝", "龙井茶 好喝"),
        ("abc\u202edef", "abcdef"),
        ("a\x00b\x07c", "abc"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("<b>markup is only text</b>", "<b>markup is only text</b>"),
    ],
)
def test_a_comment_is_shown_as_it_reads(written: str, shown: str) -> None:
    assert clean(written) == shown


@pytest.mark.parametrize("empty", ["", "   ", "\n\t", "\u200b\u200b", "\u202e", "\u200d"])
def test_a_comment_with_nothing_to_see_is_refused(empty: str) -> None:
    assert clean(empty) is None


@given(st.text(max_size=300))
def test_cleaning_twice_changes_nothing_more(written: str) -> None:
    shown = clean(written)
    assert shown is None or clean(shown) == shown
