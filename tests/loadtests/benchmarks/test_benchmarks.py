"""`make bench`: the page says what the reports say, and the costs are those that were measured."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadtests.bench.machine import Machine
from loadtests.bench.verdict import Figure, Verdict
from loadtests.benchmarks import __main__ as bench
from loadtests.benchmarks import costs, pages
from loadtests.benchmarks.pages import BEGIN, END, Shelf, publish, with_tables
from loadtests.benchmarks.parts import Build, Kept, Part
from loadtests.errors import LoadError
from loadtests.result import write_result
from server.capacity import costs as used
from tests.loadtests.report_page.runs import run_result

RESULTS: dict[Part, dict[str, Any]] = {
    Part.ROOMS: {
        "fanout": [
            {"subject": "floor", "single": {"us": 1.0}, "burst": {"us": 1.0, "frame_bytes": 9}},
            {"subject": "kaibo", "single": {"us": 10.0}, "burst": {"us": 1.9, "frame_bytes": 154}},
        ],
        "memory": [{"subject": "kaibo", "bytes_per_viewer": 9_200}],
        "reconnect": [{"lasted_s": 5.0, "viewers": 5_000}],
        "growth": [{"viewers": 500}, {"viewers": 10_000}],
    },
    Part.INVENTORY: {
        "sold": [
            {"subject": "kaibo", "server_us": 150.0, "redis_us": 15.0, "per_s_in_sql": 4_000.0}
        ],
        "growth": [{"bytes_per_hold": 400.0}],
    },
    Part.WHOLE: {
        "courses": [
            {"subject": "kaibo", "viewers": 1_000, "buyers": 500, "worker_bytes": 90_000_000}
        ]
    },
}


def report(part: Part, *, is_full: bool = True) -> dict[str, Any]:
    machine = Machine(
        cpu="Some Processor",
        cores=2,
        kernel="6.1",
        python="3.11.7",
        versions={"uvloop": "1"},
        load_before=(0.1, 0.1, 0.1),
        load_after=(2.0, 2.0, 2.0),
    )
    figure = Figure(f"figure of {part}", "9 us", "<= 8 us", Verdict.MISSED)
    kept = Kept(machine=machine, is_full=is_full, figures=[figure], failures=[])
    plain: dict[str, Any] = json.loads(msgspec.json.encode(kept))
    return plain | {"results": RESULTS[part]}


def built(folder: Path, *parts: Part) -> Build:
    """A build folder with the reports of `parts`."""
    build = Build(folder)
    folder.mkdir(exist_ok=True)
    for part in parts:
        if part is Part.RUSH:
            write_result(build.report(part).parent, run_result())
            continue
        build.report(part).write_text(json.dumps(report(part)))
        build.picture(part).write_text("<svg/>")
    return build


def shelf_in(folder: Path) -> Shelf:
    (folder / "docs").mkdir(parents=True, exist_ok=True)
    return Shelf(folder / "docs", folder / "costs.json")


def test_the_page_shows_what_the_reports_say() -> None:
    shelf = Shelf()
    assert with_tables(shelf.page.read_text(), shelf) == shelf.page.read_text()


def test_every_published_report_has_its_day_and_its_picture() -> None:
    shelf = Shelf()
    published = [part for part in Part if shelf.report(part).exists()]
    assert {part.value for part in published} == set(shelf.dates())
    assert all(shelf.picture(part).exists() for part in published)


def test_all_parts_make_a_page_with_tables_and_pictures(tmp_path: Path) -> None:
    shelf, build = shelf_in(tmp_path), built(tmp_path / "build", *Part)
    for part in Part:
        publish(part, build, shelf)
    text = shelf.page.read_text()
    for part in Part:
        assert pages.TITLES[part] in text and f"bench-{part}.svg" in text
        assert shelf.picture(part).exists()
    assert text.count("| MISSED |") == 3 and "Not measured yet" not in text
    assert "A worker was killed at 45 s, recovered after 3.2 s." in text
    assert "same id, same answer | 31 cases | BROKEN" in text
    assert with_tables(text, shelf) == text


def test_a_part_that_is_missing_is_said_to_be(tmp_path: Path) -> None:
    shelf = shelf_in(tmp_path)
    publish(Part.WHOLE, built(tmp_path / "build", Part.WHOLE), shelf)
    assert shelf.page.read_text().count("Not measured yet") == 3
    assert not shelf.costs_path.exists()


def test_the_costs_are_what_was_measured(tmp_path: Path) -> None:
    shelf, build = shelf_in(tmp_path), built(tmp_path / "build", *Part)
    for part in Part:
        publish(part, build, shelf)
    found = used.read(shelf.costs_path)
    assert found.is_full and found.machine == "Some Processor, 2 cores"
    assert found.costs.write_us == 10.0
    assert found.costs.event_us == 1.0  # (10 * 1.9 - 10) / 9
    assert found.costs.join_us == 1_000.0
    assert found.costs.worker_bytes == 83_100_000.0  # 90 MB less 750 people, in three figures
    assert found.costs.worker_event_us == used.read().costs.worker_event_us  # is not measured


def test_a_report_without_a_part_leaves_the_costs_as_they_were(tmp_path: Path) -> None:
    build = built(tmp_path, *Part)
    broken = report(Part.ROOMS)
    broken["results"] = {**broken["results"], "growth": []}
    build.report(Part.ROOMS).write_text(json.dumps(broken))
    rooms, inventory, whole = map(build.report, (Part.ROOMS, Part.INVENTORY, Part.WHOLE))
    with pytest.raises(LoadError, match="the costs stay as they were"):
        costs.write(rooms, inventory, whole, "2026-01-01", tmp_path / "costs.json")
    assert not (tmp_path / "costs.json").exists()


def test_a_page_without_marks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the page has no"):
        with_tables(f"{END}{BEGIN}", shelf_in(tmp_path))


def test_publishing_what_was_never_run_fails_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "QUICK", tmp_path)
    assert bench.bench([Part.WHOLE], is_quick=True, is_run=False) == 1
    assert "failed: whole" in capsys.readouterr().out
