"""A run's record is read as it was written, and says what is wrong with a file that is none."""

from pathlib import Path
from typing import Literal

import pytest

from loadtests.result import (
    ErrorCount,
    EventStats,
    Fault,
    Machine,
    PromiseResult,
    ResultUnreadable,
    RunResult,
    Second,
    SwarmResult,
    read_result,
    write_result,
)


def a_result(verdict: Literal["kept", "broken", "unproven"] = "kept") -> RunResult:
    stats = EventStats(count=3, errors=1, p50_ms=1.5, p95_ms=2, p99_ms=3, max_ms=9)
    return RunResult(
        scenario="smoke",
        text="a few",
        plan={"viewers": 3},
        target="own server",
        started_at_ms=1,
        duration_s=2.5,
        machine=Machine(cpu_count=2, cpu_model="a", memory_bytes=1, versions={"python": "3"}),
        series=[Second(t_s=0, viewers=3, events={"join": stats})],
        totals={"join": stats},
        errors=[ErrorCount(event="join", code="TimeoutError", count=1)],
        faults=[Fault(t_s=1.0, kind="kill_worker", words="killed", recovered_at_s=1.5)],
        findings=[PromiseResult(promise="audit", words="agrees", verdict="kept", cases=1)],
        fairness=None,
        swarm=SwarmResult(processes=1),
        outcome={"sold": 1},
        generator_cpu_percent=3.0,
        server_cpu_s=None,
        verdict=verdict,
    )


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = write_result(tmp_path / "runs" / "smoke-1", a_result())
    assert read_result(path) == read_result(path.parent) == a_result()


def test_only_a_run_that_kept_every_promise_ends_with_0() -> None:
    assert a_result().exit_status == 0
    assert a_result("broken").exit_status == a_result("unproven").exit_status == 1


def test_what_is_no_record_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ResultUnreadable, match=r"run\.json is no record of a run"):
        read_result(tmp_path)
    with pytest.raises(ResultUnreadable, match="name the folder of a run"):
        read_result(tmp_path / "nowhere")
