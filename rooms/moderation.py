"""What a comment may contain. Pure: a text in; the text to show, or what matching sees of it, out.

Two readings of one text. `clean` is what people are shown. `fold` is what blocked words are looked
for in: letters and digits only, in one form, so that a word is found however it was dressed up:

    full-width, circled and styled letters   NFKD
    case, and ß for ss                       casefold
    accents and strokes                      marks are dropped, strokes by table
    spaces, punctuation, emoji, zero width   dropped

The price is said, not hidden: a word is also found inside other words and across their gaps, so
short words catch too much. Marks are dropped as suits Chinese and Latin text.
"""

import unicodedata
from collections.abc import Iterable

# Control, surrogate and private-use characters have no place in a comment; neither do the
# bidirectional overrides (category Cf), which make text read other than it is written. The
# zero-width joiner stays: emoji families are built with it.
_DROPPED = {"Cc", "Cs", "Co", "Cn", "Cf"}
_KEPT = {"\u200d"}

_KANA_VOICING = {"\u3099", "\u309a"}  # tells か from が: no accent
_INVISIBLE_LETTERS = {"\u115f", "\u1160", "\u3164", "\uffa0"}  # Hangul fillers: seen by nobody
_STROKES = str.maketrans("øłđħŧı", "oldhti")  # no accents to Unicode, which keeps them whole
_MODIFIERS = range(0x2B0, 0x300)  # letters by name, apostrophes and tone signs by use


def clean(text: str) -> str | None:
    """`text` on one line without invisible characters, or None if nothing remains to show."""
    spaced = "".join(" " if c.isspace() else c for c in text)
    kept = "".join(c for c in spaced if c in _KEPT or unicodedata.category(c) not in _DROPPED)
    shown = " ".join(kept.split())
    return shown if shown.strip("\u200d ") else None


def fold(text: str) -> str:
    """The letters and digits of `text` in one form. Folding again changes nothing more."""
    folded = text
    while (once := _fold_once(folded)) != folded:  # a fold may make room for another
        folded = once
    return folded


def _fold_once(text: str) -> str:
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(c for c in apart.translate(_STROKES) if _counts(c))
    return unicodedata.normalize("NFC", kept)


def _counts(character: str) -> bool:
    if character in _INVISIBLE_LETTERS or ord(character) in _MODIFIERS:
        return False
    return unicodedata.category(character)[0] in "LN" or character in _KANA_VOICING


def is_blocked(text: str, folded_words: Iterable[str]) -> bool:
    """Whether any of `folded_words` (none of them empty) is in `text`, however dressed up."""
    folded = fold(text)
    return any(word in folded for word in folded_words)
