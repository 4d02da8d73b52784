"""Reading the project's Markdown: pages, links, code and headings."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_IMAGE = re.compile(r'<img src="([^"]+)"')
_SPAN = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of code; `language` is empty if it names none."""

    language: str
    text: str


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    return [Block(*found) for found in _FENCE.findall(page.read_text())]


def prose(page: Path) -> str:
    """A page without its fenced code."""
    return _FENCE.sub("", page.read_text())


def links(page: Path) -> list[str]:
    """The targets of a page's links and pictures."""
    text = _SPAN.sub("", prose(page))
    return [*_LINK.findall(text), *_IMAGE.findall(text)]


def code(page: Path) -> Iterator[str]:
    """Everything on a page that is shown as code, in spans and in blocks."""
    yield from _SPAN.findall(prose(page))
    yield from (line for block in blocks(page) for line in block.text.splitlines())


def anchors(page: Path) -> set[str]:
    """What a link's fragment may name: the page's headings, as GitHub spells them."""
    headings = (found.lower() for found in _HEADING.findall(prose(page)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}
