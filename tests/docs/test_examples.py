"""The examples run as they are."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inventory.uuid7 import timestamp_ms
from tests.docs.pages import ROOT
from tests.harness import LiveServer, new_id, open_room

EXAMPLES = ROOT / "docs" / "examples"


@contextmanager
def watching(server: LiveServer, room: str) -> Iterator[Iterator[str]]:
    """The lines that watch.py prints about a room."""
    words = [sys.executable, str(EXAMPLES / "watch.py"), server.url, room]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield iter(process.stdout)
        finally:
            process.terminate()


async def test_watch_prints_the_welcome_and_what_happens(live_server: LiveServer) -> None:
    room = await open_room(live_server, units=3)
    with watching(live_server, room) as lines:
        welcome = next(lines)
        assert welcome.startswith("welcome [{") and '"sale_id": "flash"' in welcome
        words = ["sale", "restock", "--room", room, "--sale", "flash", "--units", "2"]
        assert live_server.kaibo(*words).returncode == 0
        sales = (line for line in lines if line.startswith('event ["sale"'))
        assert next(line for line in sales if '"total": 5' in line)


async def test_watch_goes_on_where_it_was_when_the_server_comes_back(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data")
    server.start()
    try:
        room = await open_room(server)
        with watching(server, room) as lines:
            assert '"recovered": false' in next(lines)
            words = ["sale", "restock", "--room", room, "--sale", "flash", "--units", "2"]
            assert server.kaibo(*words).returncode == 0
            assert any('event ["sale"' in line for line in lines)
            server.kill()
            server.start()
            welcome = next(line for line in lines if line.startswith("welcome"))
            assert '"recovered": true' in welcome
    finally:
        assert server.stop() == 0


@pytest.mark.parametrize("words", [[], ["--help"], ["http://127.0.0.1:1"], ["a", "b", "c"]])
def test_watch_says_how_it_is_used(words: list[str]) -> None:
    command = [sys.executable, str(EXAMPLES / "watch.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    first, *_, usage = done.stderr.strip().splitlines()
    assert first.startswith("Watch a room") and usage.startswith("Usage: python docs/examples/")


@pytest.mark.parametrize("words", [["http://127.0.0.1:1", "demo"], ["nonsense", "demo"]])
def test_watch_says_in_one_line_what_it_needs(words: list[str]) -> None:
    says_one_line([*words])


def test_watch_says_that_there_is_no_such_room(live_server: LiveServer) -> None:
    says_one_line([live_server.url, "nowhere"])


def says_one_line(words: list[str]) -> None:
    command = [sys.executable, str(EXAMPLES / "watch.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "Usage: watch.py" in done.stderr


def test_watch_uses_only_the_two_packages_it_names() -> None:
    text = (EXAMPLES / "watch.py").read_text()
    imported = {line.split()[1].split(".")[0] for line in text.splitlines() if " import " in line}
    imported |= {line.split()[1] for line in text.splitlines() if line.startswith("import ")}
    known = {name.split(".")[0] for name in imported} - sys.stdlib_module_names
    assert known == {"websockets", "msgpack"}
    assert len([line for line in text.splitlines() if line.strip()]) <= 40


def test_new_id_prints_a_uuid7_of_this_moment() -> None:
    run = subprocess.run(
        [sys.executable, str(EXAMPLES / "new_id.py")], capture_output=True, text=True, check=True
    )
    printed = run.stdout.strip()
    assert abs(timestamp_ms(printed) - time.time() * 1000) < 10_000
    assert len(printed) == len(new_id())
