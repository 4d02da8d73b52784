"""What the pages name exists: files, headings, make targets, settings, commands, tests."""

import re
from pathlib import Path

import pytest

from server.reference.cli import help_of
from server.settings import Settings, environ_name
from tests.docs.pages import PAGES, ROOT, anchors, code, links, name_of

VARIABLES = {environ_name(name) for name in Settings.__struct_fields__}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
OUR_FOLDERS = ("server/", "rooms/", "inventory/", "tests/", "loadtests/", "web_client/", "docs/")
PATTERN = re.compile(r"[*{}<>()]|\.\.\.|NNNN")  # a pattern, not one path

every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@every_page
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        assert not fragment or fragment in anchors(target), f"{link}: no such heading"


@every_page
def test_every_make_target_exists(page: Path) -> None:
    named = [found for text in code(page) for found in re.findall(r"(?:^|\s)make ([a-z-]+)", text)]
    assert set(named) <= TARGETS


@every_page
def test_every_setting_named_exists(page: Path) -> None:
    assert set(re.findall(r"\bKAIBO_[A-Z_]+\b", page.read_text())) <= VARIABLES


@every_page
def test_every_path_of_ours_exists(page: Path) -> None:
    words = [word.rstrip(".,;:") for text in code(page) for word in text.split()]
    for word in words:
        if word.startswith(OUR_FOLDERS) and not PATTERN.search(word):
            assert (ROOT / word).exists(), f"there is no {word}"


@every_page
def test_every_kaibo_command_exists(page: Path) -> None:
    named = re.compile(r"(?:^|[\s/(])kaibo ([a-z]+)(?: ([a-z]+))?")
    for text in code(page):
        for first, second in named.findall(text):
            words = [first, second] if first == "sale" and second else [first]
            assert f"usage: kaibo {' '.join(words)} " in help_of(words), text


def test_every_picture_is_shown_somewhere() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    kept = {path for path in (ROOT / "docs" / "images").iterdir() if path.is_file()}
    assert len(kept) > 30
    assert kept <= shown, "a picture that no page shows is out of date before long"


def test_every_page_can_be_found_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    seen, waiting = {index}, [index]
    while waiting:
        page = waiting.pop()
        for link in links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.exists() and target not in seen:
                seen.add(target)
                waiting.append(target)
    assert set(PAGES) <= seen, "a page that nobody is led to"
