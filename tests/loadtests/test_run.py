"""The load test as it is run: a process of its own, a server of its own, buyers, a verdict."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.record import read_records
from tests.harness import REPOSITORY, LiveServer

TIMEOUT_S = 90  # a bound, not a wait: a run takes some 15 s


def load(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "loadtests", *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def test_thirty_buyers_for_ten_units_and_no_promise_broken(tmp_path: Path) -> None:
    out = tmp_path / "load.json"
    done = load("--buyers", "30", "--units", "10", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(out.read_text())
    assert report["sale"]["sold"] == 10 and report["sale"]["held"] == 0
    steps = {step["name"]: step for step in report["steps"]}
    assert {"token", "join", "reserve", "pay", "paid", "stock"} <= steps.keys()
    assert not [step for step in report["steps"] if step["failures"]]
    records = read_records(tmp_path / "load-records.jsonl")
    assert len(records) == 30 and all(record.joined for record in records)
    assert sum(len(record.payments) for record in records) == 10
    assert "kept      kaibo audit agrees (1 cases)" in done.stdout


@pytest.mark.parametrize(
    ("token_of", "words"),
    [("other", "the token is for another room"), (None, "the token cannot be read")],
)
def test_a_bad_token_is_told_with_what_to_do(
    live_server: LiveServer, token_of: str | None, words: str
) -> None:
    token = live_server.token(token_of, "host") if token_of else "nonsense"
    done = load("--url", live_server.url, "--host-token", token)
    assert done.returncode == 2
    assert words in done.stderr and "kaibo token --role host --room rush" in done.stderr


def test_a_server_that_is_not_there_is_told_with_what_to_do() -> None:
    done = load("--url", "http://127.0.0.1:1", "--host-token", "any")
    assert done.returncode == 2
    assert "no server answers at http://127.0.0.1:1" in done.stderr
    assert "kaibo serve" in done.stderr


def test_a_server_without_a_token_is_a_mistake_told_at_once() -> None:
    done = load("--url", "http://127.0.0.1:1")
    assert done.returncode == 2
    assert "--host-token" in done.stderr
