"""The page of a run and of two: whole, self-contained, true to the record, safe to open."""

import argparse
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadtests.report_page import compare
from loadtests.report_page.chart import Line, Marker, line_chart, short
from loadtests.report_page.commands import add_commands
from loadtests.report_page.compare import Tolerance, worsened
from loadtests.report_page.html import element, joined
from loadtests.report_page.page import page
from loadtests.report_page.slices import sliced
from loadtests.result import (
    EventStats,
    ResultUnreadable,
    RunResult,
    Second,
    SwarmResult,
    write_result,
)
from tests.loadtests.report_page.runs import BROKEN, DURATION_S, KEPT, run_result, series, stats

VOID = {"meta", "line", "rect", "circle"}
TOLERANCE = Tolerance()


class Outline(HTMLParser):
    """Elements that are open, all texts, and every attribute that may fetch something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.counts: dict[str, int] = {}
        self.fetched: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.fetched += [f"{tag} {name}" for name, _ in attrs if name in {"src", "href", "onload"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} ends what it did not begin"

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_well_formed_and_fetches_nothing() -> None:
    text = page(run_result())
    outline = Outline(text)
    assert outline.open == []
    assert not outline.fetched
    assert not re.findall(r"@import|url\(|https?://", text)
    assert "script" not in outline.counts


def test_what_a_server_said_is_never_markup() -> None:
    text = page(run_result(text="<img src=x onerror=alert(1)>"))
    assert "<img" not in text and "<b>bold" not in text
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; odd" in text


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("kept", "Every promise was kept"),
        ("broken", "A promise was broken"),
        ("unproven", "Nothing was broken, but not everything was tested"),
    ],
)
def test_the_verdict_is_first_in_words_icon_and_colour(verdict: str, words: str) -> None:
    text = page(run_result(verdict=verdict))
    banner = text[text.index('class="banner') :]
    assert banner.startswith(f'class="banner {verdict}"')
    assert text.index('class="banner') < text.index("<h2>Promises")
    assert words in banner


def test_the_page_says_all_that_the_record_has() -> None:
    shown = Outline(page(run_result())).text
    for words in (
        *("25 breaches", "and 23 more", "never oversold, at any moment"),
        *("recovered after 3.2 s", "never seen to recover"),
        *("UNAVAILABLE", "Kendall's tau 0.970", "1.30%", "1,800,000"),
        *("Some Processor 9000, 2 cores", "0.1.0", "0123456789abcdef", "61% of a core"),
    ):
        assert words in shown


def test_broken_promises_come_before_kept_ones() -> None:
    shown = page(run_result(findings=[KEPT, BROKEN]))
    assert shown.index(BROKEN.words) < shown.index(KEPT.words)


def test_every_chart_has_its_markers_and_its_table() -> None:
    outline = Outline(page(run_result()))
    charts = outline.counts["svg"]
    assert charts == outline.counts["figure"] == 9
    assert page(run_result()).count('class="fault"') == 2 * charts
    assert page(run_result()).count("As a table") == charts


def test_a_run_of_nothing_still_has_a_page() -> None:
    nothing: dict[str, Any] = {"series": [], "totals": {}, "errors": [], "faults": []}
    more: dict[str, Any] = {"findings": [], "fairness": None, "swarm": SwarmResult()}
    outline = Outline(page(run_result(**nothing, **more, duration_s=0.0)))
    assert outline.open == []


def test_people_who_are_busy_themselves_are_named() -> None:
    shown = Outline(page(run_result(generator_cpu_percent=96.0))).text
    assert "may be the people's own" in shown


# Charts.


def heights(svg: str) -> list[float]:
    [path] = re.findall(r'<path d="([^"]*)"', svg)
    return [float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", path)]


def test_a_line_goes_up_when_its_values_do() -> None:
    points = [(0.0, 1.0), (1.0, 5.0), (2.0, 20.0), (3.0, 500.0)]
    for is_log in (False, True):
        drawn = heights(line_chart("t", "ms", [Line("n", "a", points)], 3.0, is_log=is_log))
        assert drawn == sorted(drawn, reverse=True) and len(set(drawn)) == len(drawn)


def test_a_second_without_a_value_interrupts_the_line() -> None:
    points = [(0.0, 1.0), (1.0, 2.0), (2.0, None), (3.0, 2.0), (4.0, 1.0)]
    svg = line_chart("t", "ms", [Line("n", "a", points)], 4.0)
    assert svg.count("M") == 2


def test_a_lone_value_is_a_dot() -> None:
    points = [(0.0, None), (1.0, 2.0), (2.0, None)]
    assert 'class="dot a"' in line_chart("t", "ms", [Line("n", "a", points)], 4.0)


def test_a_marker_stands_where_its_fault_was() -> None:
    chart = line_chart("t", "s", [], 100.0, markers=[Marker(50.0, 75.0, "1")])
    [x] = re.findall(r'x1="([\d.]+)" x2="[\d.]+" y1="[\d.]+" y2="[\d.]+" class="fault"', chart)
    [(left, width)] = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', chart)
    assert x == left
    assert math.isclose(float(width), (420 - 46 - 16) / 4, abs_tol=0.2)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (12.345, "12.3"), (1_234.0, "1234"), (12_345.0, "12.3k"), (2e6, "2M")],
)
def test_figures_are_short(value: float, text: str) -> None:
    assert short(value) == text


# Slices.


def test_slices_lose_no_event_and_keep_the_worst_times() -> None:
    run = series()
    few = sliced(run, 10)
    assert len(few) == 10 and few[0].width_s == DURATION_S // 10
    assert sum(each.events["comment"].count for each in few) == 20 * DURATION_S
    worst = max(second.events["comment"].p99_ms for second in run)
    assert max(each.events["comment"].p99_ms for each in few) == worst


def test_seconds_that_are_missing_leave_a_hole() -> None:
    run = [Second(t_s=0, viewers=1), Second(t_s=50, viewers=1)]
    assert [each.t_s for each in sliced(run)] == [0, 50]


def test_elements_escape_their_attributes() -> None:
    assert element("p", class_='x" onclick="y') == '<p class="x&quot; onclick=&quot;y"></p>'
    assert joined(["a<", element("b", 1)]) == "a&lt;<b>1</b>"


# Two runs.


def test_the_same_run_twice_is_not_worse() -> None:
    assert worsened(run_result(), run_result(), TOLERANCE) == []


def with_totals(**totals: EventStats) -> RunResult:
    return run_result(totals=totals)


@pytest.mark.parametrize(
    ("before", "after", "is_worse"),
    [
        (stats(10, 100), stats(12.4, 100), False),  # within a quarter
        (stats(10, 100), stats(12.6, 100), True),
        (stats(0.5, 100), stats(1.2, 100), False),  # within the noise of a machine
        (stats(10, 19), stats(90, 19), False),  # too few to have a p99
        (stats(10, 1_000), stats(10, 1_000, errors=3), True),
        (stats(10, 100_000), stats(10, 100_000, errors=3), False),
    ],
)
def test_worse_is_more_than_the_tolerance(
    before: EventStats, after: EventStats, is_worse: bool
) -> None:
    found = worsened(with_totals(buy=before), with_totals(buy=after), TOLERANCE)
    assert bool(found) is is_worse


def test_a_promise_that_is_newly_broken_is_worse() -> None:
    kept, broken = run_result(findings=[KEPT]), run_result(findings=[KEPT, BROKEN])
    assert worsened(kept, broken, TOLERANCE) == [f"broken now: {BROKEN.words}"]
    assert worsened(broken, kept, TOLERANCE) == []


def test_the_comparison_is_a_whole_page_with_both_curves() -> None:
    text = compare.page(run_result(), run_result(1.6), TOLERANCE)
    assert Outline(text).open == []
    assert text.count('class="line b"') == text.count('class="line a"') == 5
    assert "1.60x" in text and "The second run is worse" in text


def test_runs_of_other_plans_are_said_to_be() -> None:
    other = run_result(plan={"viewers": 1})
    assert "do not have the same plan" in compare.page(run_result(), other, TOLERANCE)


# The commands.


def perform(*words: object) -> int:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    options = parser.parse_args([str(word) for word in words])
    status: int = options.run(options)
    return status


def test_the_report_lies_beside_its_run(tmp_path: Path) -> None:
    write_result(tmp_path / "run", run_result())
    assert perform("report", tmp_path / "run") == 0
    assert (tmp_path / "run" / "report.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(("slower", "status"), [(1.0, 0), (1.6, 1)])
def test_comparing_ends_with_its_verdict(tmp_path: Path, slower: float, status: int) -> None:
    write_result(tmp_path / "a", run_result())
    write_result(tmp_path / "b", run_result(slower))
    assert perform("compare", tmp_path / "a", tmp_path / "b") == status
    assert (tmp_path / "b" / "comparison.html").exists()


def test_a_wider_tolerance_allows_more(tmp_path: Path) -> None:
    write_result(tmp_path / "a", run_result())
    write_result(tmp_path / "b", run_result(1.6))
    assert perform("compare", tmp_path / "a", tmp_path / "b", "--tolerance", "0.7") == 0


def test_what_is_no_run_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(ResultUnreadable, match="is no record of a run"):
        perform("report", tmp_path)


def test_the_record_survives_being_written_and_read(tmp_path: Path) -> None:
    path = write_result(tmp_path, run_result())
    assert msgspec.json.decode(path.read_bytes(), type=RunResult) == run_result()
