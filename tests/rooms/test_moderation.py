"""Comments are shown on one line, without what cannot be seen or reads other than it is written."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.moderation import clean, fold, is_blocked


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


DRESSES: list[Callable[[str], str]] = [
    lambda c: c,
    str.upper,
    lambda c: chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c,  # full width
    lambda c: c + "\u0301",  # an accent
    lambda c: c + "\u0335",  # struck through
]
GAPS = ["", " ", "\u3000", ".", "-", "*", "😀", "、"]
GAPS += ["\u200b", "\u2060", "\u00ad", "\ufe0f", "\u02bc"]  # seen by nobody, or by few
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789加微信龙井茶号码代购"
WORDS = st.text(st.sampled_from(LETTERS), min_size=1)
SPEECH = st.text(max_size=60)


@given(SPEECH, WORDS, SPEECH, st.randoms(use_true_random=False))
def test_a_blocked_word_is_found_however_it_is_dressed_up(
    before: str, word: str, after: str, dice: random.Random
) -> None:
    dressed = "".join(dice.choice(DRESSES)(c) + dice.choice(GAPS) for c in word)
    assert is_blocked(f"{before}|{dressed}|{after}", [fold(word)])


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing_more(written: str) -> None:
    assert fold(fold(written)) == fold(written)


@given(SPEECH, WORDS)
def test_what_is_blocked_has_the_letters_of_the_word_in_order(said: str, word: str) -> None:
    if is_blocked(said, [fold(word)]):
        assert fold(word) in fold(said)
    else:
        assert word.casefold() not in said.casefold()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("spam", "ⓢⓟⓐⓜ"),
        ("spam", "𝓼𝓹𝓪𝓶"),
        ("spam", "S P A M"),
        ("straße", "STRASSE"),
        ("cafe", "CAFÉ"),
        ("noel", "Nøël"),
        ("istanbul", "İSTANBUL"),
        ("file", "ﬁle"),
        ("微信", "微\u200b信"),
        ("人民", "⼈民"),
        ("加v", "加Ｖ"),
        ("123", "①②③"),
    ],
)
def test_forms_that_unicode_has_for_the_same_letters_are_the_same(word: str, said: str) -> None:
    assert is_blocked(said, [fold(word)])


@pytest.mark.parametrize(
    ("word", "said"), [("spam", "span"), ("微信", "微笑"), ("か", "が"), ("가", "각")]
)
def test_other_letters_are_other_letters(word: str, said: str) -> None:
    assert not is_blocked(said, [fold(word)])
