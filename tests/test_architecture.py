"""The house of docs/architecture: who may import whom, what is pure, what is at the top."""

import ast
import fnmatch
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = {"server", "rooms", "inventory", "loadtests"}
TOP_LEVEL = {
    *OURS,
    "web_client",
    "tests",
    "docs",
    "deploy",
    ".ci",
    ".git",
    ".gitignore",
    "pyproject.toml",
    "constraints.txt",
    "Makefile",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
}
PURE_CONTRACT = "Pure modules take time, chance and I/O from their callers"


def contract(name: str) -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = project["tool"]["importlinter"]["contracts"]
    return next(found for found in contracts if found["name"] == name)


def files_of(module: str) -> list[Path]:
    """A module's file, or every file of a package."""
    path = ROOT.joinpath(*module.split("."))
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported anywhere in a file, in functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield str(node.module)


def test_nobody_imports_what_they_must_not() -> None:
    # In a process of its own: it sets up logging, which would silence that of other tests.
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(command), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_wire_imports_nothing_else_of_ours() -> None:
    for path in files_of("server.wire"):
        for name in imported(ast.parse(path.read_text())):
            if name.partition(".")[0] in OURS:
                assert name.startswith("server.wire"), f"{path} imports {name}"


# It measures the store's own calls, without a server between.
ENGINE_BENCHMARK = ROOT / "loadtests" / "bench_inventory" / "engine.py"


def test_load_tests_import_only_the_wire() -> None:
    for path in files_of("loadtests"):
        for name in imported(ast.parse(path.read_text())):
            if name.partition(".")[0] in OURS:
                more = ("inventory",) if path == ENGINE_BENCHMARK else ()
                allowed = ("server.wire", "loadtests", *more)
                assert name.startswith(allowed), f"{path} imports {name}"


@pytest.mark.parametrize("module", contract(PURE_CONTRACT)["source_modules"])
def test_a_pure_module_neither_waits_nor_asks_the_clock(module: str) -> None:
    waiting = ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith
    forbidden = set(contract(PURE_CONTRACT)["forbidden_modules"])
    assert files_of(module)
    for path in files_of(module):
        tree = ast.parse(path.read_text())
        assert not [node for node in ast.walk(tree) if isinstance(node, waiting)], path
        assert not {name.partition(".")[0] for name in imported(tree)} & forbidden, path


def test_the_top_level_holds_what_was_decided() -> None:
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]
    found = {
        path.name
        for path in ROOT.iterdir()
        if not any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored)
    }
    assert found <= TOP_LEVEL, "a new top-level entry needs a decision record"
