"""A mutant: a bug planted on purpose, and the tests that must notice it."""

from pathlib import Path
from typing import NamedTuple

SCRIPTS = "inventory/redis_store/scripts/"


class Edit(NamedTuple):
    """In `file`, the text `before`, which must be there exactly once, becomes `after`."""

    file: str
    before: str
    after: str


class Mutant(NamedTuple):
    """`bug` in the words of a report; `tests` are pytest's names of a file or a test."""

    bug: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]


def lua(file: str, before: str, after: str) -> Edit:
    """An edit of one of our scripts."""
    return Edit(f"{SCRIPTS}{file}.lua", before, after)


def mutant(bug: str, tests: str | tuple[str, ...], *edits: Edit) -> Mutant:
    return Mutant(bug, (tests,) if isinstance(tests, str) else tests, edits)


def mutated(text: str, edit: Edit) -> str:
    """The file's text with the edit. Raises ValueError if it does not apply exactly once."""
    found = text.count(edit.before)
    if found != 1:
        raise ValueError(f"{edit.file} has {found} times: {edit.before!r}")
    return text.replace(edit.before, edit.after)


def files_of(planted: Mutant, root: Path) -> dict[Path, str]:
    """The files that a mutant changes, as they are with it."""
    texts: dict[Path, str] = {}
    for edit in planted.edits:
        path = root / edit.file
        texts[path] = mutated(texts.get(path) or path.read_text("utf-8"), edit)
    return texts
