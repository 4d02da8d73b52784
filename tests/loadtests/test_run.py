"""The load test as it is run: processes, a server of its own, people, a fault, a verdict."""

import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.people.record import read_records
from loadtests.result import read_result
from tests.harness import REPOSITORY, LiveServer

TIMEOUT_S = 150  # a bound, not a wait: a run takes some 25 s


def load(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "loadtests", *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def test_a_small_run_with_a_killed_worker_keeps_every_promise(tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = load("run", "smoke", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    result = read_result(out)
    assert result.verdict == "kept" and result.scenario == "smoke"
    outcome = result.outcome
    assert outcome["sold"] > 0 == outcome["held"]
    assert outcome["sold"] + outcome["available"] == outcome["total"] == 10
    assert outcome["paid"] == outcome["sold"] + outcome["paid_back"]
    assert f"{outcome['paid']} paid" in done.stdout
    assert {"token", "join", "publish_to_receive", "buy", "pay", "paid"} <= result.totals.keys()
    assert result.swarm.promised == result.swarm.received > 100 and result.swarm.gaps == 0
    assert [fault.kind for fault in result.faults] == ["kill_worker"]
    assert result.faults[0].recovered_at_s is not None
    assert max(second.viewers for second in result.series) >= 40
    records = read_records(out / "buyers.jsonl")
    assert len(records) == 27 and all(record.joined for record in records)
    assert {finding.promise: finding.verdict for finding in result.findings}["audit"] == "kept"


def test_the_scenarios_are_listed_with_what_they_are() -> None:
    done = load("list")
    assert done.returncode == 0
    assert "countdown_rush" in done.stdout and "a worker is killed" in done.stdout


def test_locusts_own_command_finds_the_people() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py", "--list"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    named = set((done.stdout + done.stderr).split())
    assert {"Payer", "LatePayer", "Scalper", "Talker", "StageHost"} <= named


@pytest.mark.parametrize(
    ("token_of", "words"),
    [("other", "the token is for another room"), (None, "the token cannot be read")],
)
def test_a_bad_token_is_told_with_what_to_do(
    live_server: LiveServer, token_of: str | None, words: str
) -> None:
    token = live_server.token(token_of, "host") if token_of else "nonsense"
    done = load("run", "scalpers", "--target", live_server.url, "--host-token", token)
    assert done.returncode == 2
    assert words in done.stderr and "kaibo token --role host --room rush" in done.stderr


def test_a_server_that_is_not_there_is_told_with_what_to_do() -> None:
    done = load("run", "scalpers", "--target", "http://127.0.0.1:1", "--host-token", "any")
    assert done.returncode == 2
    assert "no server answers at http://127.0.0.1:1" in done.stderr
    assert "kaibo serve" in done.stderr


def test_a_server_without_a_token_is_a_mistake_told_at_once() -> None:
    done = load("run", "scalpers", "--target", "http://127.0.0.1:1")
    assert done.returncode == 2
    assert "--host-token" in done.stderr


def test_a_foreign_server_is_not_hurt() -> None:
    words = ("--target", "http://127.0.0.1:1", "--host-token", "any")
    done = load("run", "countdown_rush", *words)
    assert done.returncode == 2
    assert "kill_worker" in done.stderr and "leave --target out" in done.stderr


def test_a_scenario_that_is_not_there_is_told_with_those_that_are() -> None:
    done = load("run", "countdown_rash")
    assert done.returncode == 2
    assert "did you mean countdown_rush?" in done.stderr
