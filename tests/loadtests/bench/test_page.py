"""The documentation shows the figures of the report that is kept beside it."""

import msgspec
import pytest

from loadtests.bench.page import BEGIN, END, PAGE, PICTURE, REPORT, with_figures
from loadtests.bench.report import read
from loadtests.bench.verdict import figures


def test_the_page_shows_what_the_report_says() -> None:
    assert with_figures(PAGE.read_text(), read(REPORT)) == PAGE.read_text()


def test_the_report_is_of_a_full_run_in_which_everything_was_measured() -> None:
    report = read(REPORT)
    assert report.is_full
    assert not report.failures


def test_the_report_s_verdicts_follow_from_its_measurements() -> None:
    report = read(REPORT)
    assert figures(report.results, is_full=True) == report.figures


def test_other_figures_make_another_page() -> None:
    report = read(REPORT)
    first, *rest = report.figures
    changed = msgspec.structs.replace(first, measured="99 lightyears")
    other = with_figures(
        PAGE.read_text(), msgspec.structs.replace(report, figures=[changed, *rest])
    )
    assert "99 lightyears" in other
    assert with_figures(other, report) == PAGE.read_text()


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no <!--"):
        with_figures(f"{END} and then {BEGIN}", read(REPORT))


def test_the_picture_is_shown_and_names_every_server() -> None:
    assert PICTURE.name in PAGE.read_text()
    drawn = PICTURE.read_text()
    assert all(found.subject in drawn for found in read(REPORT).results.fanout)
