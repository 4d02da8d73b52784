"""The wheel carries everything that runs: scripts, pictures, pages and the built web client."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.harness import REPOSITORY

NEEDED = (
    "server/http/static/index.html",
    "server/http/sandbox/page.html",
    "server/http/sandbox/pay.css",
    "server/embedded/pictures/longjing.svg",
    "inventory/redis_store/scripts/reserve.lua",
    "inventory/ledger/migrations/versions/r0001_first_tables.py",
    "rooms/redis_broker/scripts/publish.lua",
    "loadtests/__main__.py",
)


def test_the_wheel_is_complete_and_carries_no_sources_of_other_things(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert [needed for needed in NEEDED if needed not in names] == []
    scripts = {n for n in names if n.startswith("server/http/static/assets/") and n.endswith(".js")}
    assert scripts, "the built client has scripts"
    assert not [n for n in names if n.startswith(("tests/", "web_client/", "docs/"))]
