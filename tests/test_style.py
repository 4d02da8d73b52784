"""House rules that no linter knows: sizes, headers, names, and what a test may not do."""

import ast
import json
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINES_MAX = 350
FUNCTION_LINES_MAX = 60
FUNCTION_LINES_MEDIAN_MAX = 10
PACKAGES = ("server", "rooms", "inventory", "loadtests")
HEADERS = {".py": '"""', ".lua": "--", ".ts": "//", ".tsx": "//"}
GENERATED = re.compile(r"\.gen\.ts$")
VAGUE_NAMES = re.compile(r"^(utils?|helpers?|managers?|services?|common|misc)$")


def sources(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in HEADERS
        and path.is_file()
        and not GENERATED.search(path.name)
        and not {"node_modules", "static", "__pycache__"} & set(path.parts)
    )


def functions(path: Path) -> list[tuple[str, int]]:
    """Name and length in lines of every function in a Python file."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]


ALL = sources(*PACKAGES, "web_client", "tests")
PYTHON = [path for path in ALL if path.suffix == ".py"]
OURS = [path for path in PYTHON if path.relative_to(ROOT).parts[0] in PACKAGES]


def test_no_file_is_longer_than_one_idea() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in ALL}
    assert not {name: length for name, length in lengths.items() if length > LINES_MAX}


def test_no_function_is_long_and_most_are_short() -> None:
    lengths = [found for path in PYTHON for found in functions(path)]
    assert not [found for found in lengths if found[1] > FUNCTION_LINES_MAX]
    ours = [length for path in OURS for _, length in functions(path)]
    assert statistics.median(ours) <= FUNCTION_LINES_MEDIAN_MAX


@pytest.mark.parametrize("suffix", HEADERS)
def test_every_file_begins_by_saying_its_idea(suffix: str) -> None:
    found = [path for path in ALL if path.suffix == suffix and not path.match("*.test.ts")]
    bare = [path for path in found if not path.read_text().startswith((HEADERS[suffix], "/*"))]
    assert not bare


def test_no_name_is_vague() -> None:
    assert not [path for path in ALL if VAGUE_NAMES.match(path.stem)]


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    shy = re.compile(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)\b|\b(it|test)\.skip\(")
    found = [path for path in ALL if path != Path(__file__) and shy.search(path.read_text())]
    assert not found


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((ROOT / "web_client" / "package-lock.json").read_text())
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
