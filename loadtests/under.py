"""What a run was made on: the machine, and the versions of what was measured."""

import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from loadtests.faults.processes import redis_of
from loadtests.own_server import OwnServer
from loadtests.result import Machine

PACKAGES = ("kaibo", "uvicorn", "uvloop", "redis", "msgspec", "websockets", "locust")
COMMAND_TIMEOUT_S = 10.0


def machine(own: OwnServer | None) -> Machine:
    """As far as it can be told."""
    versions = {"python": platform.python_version(), "kernel": platform.release()}
    for package in PACKAGES:
        try:
            versions[package if package != "redis" else "redis-py"] = version(package)
        except PackageNotFoundError:
            continue
    if own is not None and (found := _redis_version(own.pid)):
        versions["redis-server"] = found
    return Machine(
        cpu_count=os.cpu_count() or 0,
        cpu_model=_cpu_model(),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        versions=versions,
        commit=_commit(),
    )


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    found = re.search(r"model name\s*:\s*(.+)", text)
    return found[1] if found else platform.machine()


def _redis_version(server_pid: int) -> str | None:
    pid = redis_of(server_pid)
    said = _said([f"/proc/{pid}/exe", "--version"]) if pid else ""
    found = re.search(r"v=(\S+)", said)
    return found[1] if found else None


def _commit() -> str | None:
    """Of a checkout; a dirty one says so."""
    root = str(Path(__file__).parent.parent)
    return _said(["git", "-C", root, "describe", "--always", "--dirty", "--abbrev=12"]) or None


def _said(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
