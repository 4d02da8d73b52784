"""The tutorial's commands are run as they are printed, in order, by a shell."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import curl
from tests.docs.pages import ROOT, blocks
from tests.harness import LiveServer, open_room

TUTORIAL = ROOT / "docs" / "tutorial" / "first-sale.md"
PRINTED_PORT, PRINTED_FOLDER = "8010", ".kaibo/first-sale"
TIMEOUT_S = 300


def script(port: int, folder: Path) -> str:
    """All of the tutorial's shell blocks as one, on a port and a folder of the test's own."""
    text = "\n".join(block.text for block in blocks(TUTORIAL) if block.language == "sh")
    assert PRINTED_PORT in text and PRINTED_FOLDER in text
    return text.replace(PRINTED_PORT, str(port)).replace(PRINTED_FOLDER, str(folder))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run(text: str, environ: dict[str, str]) -> tuple[int, str]:
    """The shell's exit status and everything printed; ends whatever is left running."""
    shell = subprocess.Popen(
        ["sh", "-eu", "-c", text],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        printed, _ = shell.communicate(timeout=TIMEOUT_S)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGTERM)
    return shell.returncode, printed


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for PATH: kaibo and python of this environment, and a curl if there is none."""
    folder = tmp_path / "bin"
    folder.mkdir()
    commands = {"python": [sys.executable], "kaibo": [sys.executable, "-m", "server"]}
    if shutil.which("curl") is None:
        commands["curl"] = [sys.executable, curl.__file__]
    for name, words in commands.items():
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec {" ".join(words)} "$@"\n')
        program.chmod(0o755)
    return folder


def test_the_tutorial_succeeds_from_its_first_command_to_its_last(
    tmp_path: Path, programs: Path
) -> None:
    folder = tmp_path / "data"
    environ = {k: v for k, v in os.environ.items() if not k.startswith("KAIBO_")}
    text = script(free_port(), folder).replace("$PWD/.venv/bin", str(programs))
    status, printed = run(text, environ)
    assert status == 0, printed
    told = ('"code":"NOT_STARTED"', '"code":"SOLD_OUT"', '"replayed":true', '"state":"paid"')
    for words in (*told, "audit: everything agrees in 1 room"):
        assert words in printed
    assert not folder.exists(), "it cleans up after itself"


def test_waiting_for_a_server_that_cannot_start_ends(tmp_path: Path, programs: Path) -> None:
    text = script(free_port(), tmp_path / "data").replace("$PWD/.venv/bin", str(programs))
    waiting = text[: text.index("done\n", text.index("/health/ready")) + len("done\n")]
    _, printed = run(waiting, dict(os.environ) | {"KAIBO_WORKERS": "none"})
    assert "KAIBO_WORKERS" in printed and "a whole number" in printed
    assert "ready" not in printed


async def test_the_small_curl_does_what_the_tutorial_asks_of_curl(
    live_server: LiveServer, capsys: pytest.CaptureFixture[str]
) -> None:
    room = f"{live_server.url}/v1/rooms/{await open_room(live_server)}"
    assert curl.main(["-sf", f"{live_server.url}/health/ready"]) == 0
    guest = ["-H", "Authorization: Bearer "]
    token = [
        *guest,
        "-H",
        "Content-Type: application/json",
        "-d",
        '{"name": "Ann"}',
        f"{room}/tokens",
    ]
    assert curl.main(["-sS", "-w", "\\n", "-X", "POST", *token]) == 0
    printed = capsys.readouterr().out
    assert '"status":"ready"' in printed and '"name":"Ann"' in printed and printed.endswith("\n")
    assert curl.main(["-sf", f"{room}/orders"]) == 22
    assert curl.main(["-sS", f"{room}/orders"]) == 0
    assert "BAD_TOKEN" in capsys.readouterr().out
    assert curl.main(["-sf", f"http://127.0.0.1:{free_port()}/"]) == 7
