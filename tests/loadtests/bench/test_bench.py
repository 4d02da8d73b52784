"""The whole benchmark once, in tiny rooms: every part measures, and nothing is left running."""

import json
import os
from pathlib import Path

import pytest

from loadtests.bench.__main__ import run
from loadtests.bench.machine import MachineUnfit, allow_files, cpu_s, resident_bytes
from loadtests.bench.picture import draw
from loadtests.bench.plan import TINY, Part
from loadtests.bench.report import Report, keep
from loadtests.bench.subjects import SUBJECTS


def children() -> set[str]:
    """The process ids of this process's children, of all its threads."""
    lists = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {pid for found in lists for pid in found.read_text().split()}


@pytest.fixture(scope="module")
def report() -> Report:
    before, cores = children(), os.sched_getaffinity(0)
    try:
        found = run(TINY, list(Part))
    finally:
        os.sched_setaffinity(0, cores)
    assert children() <= before
    return found


def test_every_part_is_measured(report: Report) -> None:
    assert not report.failures
    results = report.results
    assert [found.subject for found in results.fanout] == list(SUBJECTS)
    assert [found.subject for found in results.memory] == list(SUBJECTS)
    assert [size.viewers for size in results.growth] == list(TINY.growth_viewers)
    assert all(found.single.us > 0 and found.burst.us > 0 for found in results.fanout)


def test_all_servers_but_socketio_send_the_same_bytes(report: Report) -> None:
    sizes = {found.subject: found.single.frame_bytes for found in report.results.fanout}
    del sizes["socketio"]
    assert set(sizes.values()) == {154}


def test_nobody_misses_a_comment_in_a_small_room(report: Report) -> None:
    for room in (*report.results.arrival, *report.results.arrival_frozen):
        assert (room.skipped, room.gaps, room.out_of_order, room.unlike) == (0, 0, 0, 0)
    assert [room.frozen for room in report.results.arrival_frozen] == [1]


def test_everybody_recovers_from_a_storm(report: Report) -> None:
    (storm,) = report.results.reconnect
    assert storm.recovered == storm.viewers == TINY.arrival_viewers
    assert (storm.gaps, storm.out_of_order) == (0, 0)
    assert storm.missed > 0


def test_the_report_is_printed_written_and_drawn(
    report: Report, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path / "out" / "bench.json", report)
    draw(tmp_path / "out" / "bench.svg", report.results)
    written = json.loads((tmp_path / "out" / "bench.json").read_text())
    assert written["results"]["fanout"][1]["subject"] == "kaibo"
    printed = capsys.readouterr().out
    assert "websockets 1" in printed and "x the floor" in printed
    assert "no verdicts" in printed
    assert (tmp_path / "out" / "bench.svg").read_text().count("kaibo") > 1


def test_a_machine_that_cannot_open_enough_files_is_told_so() -> None:
    with pytest.raises(MachineUnfit, match="open files are needed and the hard limit is"):
        allow_files(1 << 40)


def test_what_a_process_used_is_read_from_the_kernel() -> None:
    before = cpu_s(os.getpid())
    while cpu_s(os.getpid()) - before < 0.01:
        pass
    assert 1_000_000 < resident_bytes(os.getpid()) < 10_000_000_000
