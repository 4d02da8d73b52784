"""What a comment may contain. Pure: a text in, the text to show or None out."""

import unicodedata

# Control, surrogate and private-use characters have no place in a comment; neither do the
# bidirectional overrides (category Cf), which make text read other than it is written. The
# zero-width joiner stays: emoji families are built with it.
_DROPPED = {"Cc", "Cs", "Co", "Cn", "Cf"}
_KEPT = {"\u200d"}


def clean(text: str) -> str | None:
    """`text` on one line without invisible characters, or None if nothing remains to show."""
    spaced = "".join(" " if c.isspace() else c for c in text)
    kept = "".join(c for c in spaced if c in _KEPT or unicodedata.category(c) not in _DROPPED)
    shown = " ".join(kept.split())
    return shown if shown.strip("\u200d ") else None
