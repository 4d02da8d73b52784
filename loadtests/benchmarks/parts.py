"""What `make bench` runs: each part a program of its own, with its report as JSON.

The short ones come first, so that an interrupted run has as much as it can.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from loadtests.bench.machine import Machine
from loadtests.bench.verdict import Figure
from loadtests.errors import LoadError
from loadtests.progress import say

STATUSES_OF_A_RUN = (0, 1)  # 1: a target was missed, or a promise broken; the report says which


class Part(StrEnum):
    """In the order in which they are run."""

    RUSH = "rush"
    WHOLE = "whole"
    INVENTORY = "inventory"
    ROOMS = "rooms"


PROGRAMS = {
    Part.WHOLE: "loadtests.bench_whole",
    Part.INVENTORY: "loadtests.bench_inventory",
    Part.ROOMS: "loadtests.bench",
}


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What the reports of the three programs have in common."""

    machine: Machine
    is_full: bool
    figures: list[Figure]
    failures: list[str]


class Build:
    """The folder that reports are kept in until they are published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def report(self, part: Part) -> Path:
        if part is Part.RUSH:
            return self.folder / "bench-rush" / "run.json"
        return self.folder / f"bench-{part}.json"

    def picture(self, part: Part) -> Path:
        return self.folder / f"bench-{part}.svg"


def run(part: Part, build: Build, *, is_quick: bool) -> None:
    """Run a part, and what of it failed once more. Raises LoadError when it made no report."""
    say(f"bench: {part}")
    before = _stamp(build.report(part))
    status = _call(_command(part, build, is_quick=is_quick))
    if status not in STATUSES_OF_A_RUN or _stamp(build.report(part)) == before:
        raise LoadError(f"{part} could not be run (status {status})")
    if part is Part.ROOMS:
        _renew_failed(build, is_quick=is_quick)


def _renew_failed(build: Build, *, is_quick: bool) -> None:
    """A part of the rooms' benchmark that the machine disturbed gets a second chance."""
    failed = {each.partition(":")[0] for each in kept(build.report(Part.ROOMS)).failures}
    if failed:
        only = [word for each in sorted(failed) for word in ("--only", each)]
        _call([*_command(Part.ROOMS, build, is_quick=is_quick), "--renew", *only])


def _command(part: Part, build: Build, *, is_quick: bool) -> list[str]:
    if part is Part.RUSH:
        scenario = "smoke" if is_quick else "countdown_rush"
        folder = build.report(part).parent
        return [sys.executable, "-m", "loadtests", "run", scenario, "--out", str(folder)]
    return [
        *(sys.executable, "-m", PROGRAMS[part]),
        *("--out", str(build.report(part)), "--picture", str(build.picture(part))),
        *(["--quick"] if is_quick else []),
    ]


def _call(command: Sequence[str]) -> int:
    return subprocess.run(command, check=False).returncode


def _stamp(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.exists() else None


def kept(path: Path) -> Kept:
    return msgspec.convert(json.loads(path.read_text("utf-8")), Kept)
