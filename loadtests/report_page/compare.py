"""Two runs beside each other: what became worse, and both curves laid over each other. Pure.

Worse is a p99 that is longer by more than the tolerance and by more than a machine's noise, a share
of errors that has grown, or a promise that was kept before and is broken now.
"""

from collections.abc import Iterator
from typing import NamedTuple

from loadtests.report_page import sections
from loadtests.report_page.chart import Line, line_chart, short
from loadtests.report_page.html import Html, element, table
from loadtests.report_page.page import document
from loadtests.report_page.panels import events_of, panel, title_of
from loadtests.report_page.slices import ROWS_MAX, sliced
from loadtests.result import EventStats, RunResult

NOISE_MS = 5.0  # a p99 that grew by less is no news
ERRORS_SHARE_MORE_MAX = 0.001
COUNT_MIN = 20  # of fewer, p99 is just the slowest one
PERCENTILES = ("p50_ms", "p95_ms", "p99_ms")


class Tolerance(NamedTuple):
    """How much longer a p99 may be: 0.25 is a quarter."""

    p99_share: float = 0.25


class Row(NamedTuple):
    """One event in both runs."""

    event: str
    before: EventStats
    after: EventStats


def rows(before: RunResult, after: RunResult) -> list[Row]:
    """The events that both timed."""
    shared = [event for event in events_of(after) if event in events_of(before)]
    return [Row(event, before.totals[event], after.totals[event]) for event in shared]


def worsened(before: RunResult, after: RunResult, tolerance: Tolerance) -> list[str]:
    """A sentence for each thing that became worse."""
    return [*_slower(before, after, tolerance), *_failing(before, after), *_broken(before, after)]


def _slower(before: RunResult, after: RunResult, tolerance: Tolerance) -> Iterator[str]:
    for event, old, new in rows(before, after):
        is_known = min(old.count, new.count) >= COUNT_MIN
        limit_ms = max(old.p99_ms * (1 + tolerance.p99_share), old.p99_ms + NOISE_MS)
        if is_known and new.p99_ms > limit_ms:
            yield (
                f"{title_of(event)}: p99 was {short(old.p99_ms)} ms and is {short(new.p99_ms)} ms,"
                f" {_ratio(old.p99_ms, new.p99_ms)}"
            )


def _failing(before: RunResult, after: RunResult) -> Iterator[str]:
    for event in after.totals:
        was = errors_share(before.totals.get(event, EventStats()))
        now = errors_share(after.totals[event])
        if now > was + ERRORS_SHARE_MORE_MAX:
            yield f"{title_of(event)}: {was:.2%} failed before, and {now:.2%} now"


def errors_share(found: EventStats) -> float:
    tried = found.count + found.errors
    return found.errors / tried if tried else 0.0


def _broken(before: RunResult, after: RunResult) -> Iterator[str]:
    was = {found.promise: found.verdict for found in before.findings}
    for found in after.findings:
        if found.verdict == "broken" and was.get(found.promise) != "broken":
            yield f"broken now: {found.words}"


def page(before: RunResult, after: RunResult, tolerance: Tolerance) -> str:
    """The whole document."""
    worse = worsened(before, after, tolerance)
    return document(
        f"{title_of(after.scenario)}: two runs",
        element("header", element("h1", f"{title_of(after.scenario)}: two runs")),
        _banner(worse, tolerance),
        _runs(before, after),
        element("section", element("h2", "Ratios"), _table(before, after), class_="wide"),
        element("section", element("h2", "Over time"), _panels(before, after)),
    )


def _banner(worse: list[str], tolerance: Tolerance) -> Html:
    verdict = "broken" if worse else "kept"
    title = "The second run is worse" if worse else "The second run is not worse"
    allowed = (
        f"Allowed: a p99 up to {tolerance.p99_share:.0%} or {NOISE_MS:g} ms longer, "
        f"{ERRORS_SHARE_MORE_MAX:.1%} more errors, no promise broken anew."
    )
    return element(
        "section",
        element("span", sections.ICONS[verdict], class_="icon", aria_hidden="true"),
        element(
            "div",
            element("h2", title),
            element("ul", [element("li", words) for words in worse]) if worse else Html(),
            element("p", allowed),
        ),
        class_=f"banner {verdict}",
    )


def _runs(before: RunResult, after: RunResult) -> Html:
    found: list[list[object]] = [
        [
            name,
            sections.when(run),
            title_of(run.scenario),
            run.target,
            run.machine.versions.get("kaibo", ""),
            (run.machine.commit or "")[:10],
            sections.badge(run.verdict),
        ]
        for name, run in (("before", before), ("after", after))
    ]
    head = ["run", "when", "scenario", "target", "kaibo", "commit", "promises"]
    notes = [element("p", words) for words in _unlike(before, after)]
    return element("section", notes, table(head, found, numbers_from=len(head)), class_="wide")


def _unlike(before: RunResult, after: RunResult) -> Iterator[str]:
    """What makes the comparison doubtful."""
    if before.scenario != after.scenario or before.plan != after.plan:
        yield "These runs do not have the same plan, so their figures may differ for that alone."
    if before.machine.cpu_model != after.machine.cpu_model:
        yield "These runs are of different machines."


def _table(before: RunResult, after: RunResult) -> Html:
    found: list[list[object]] = []
    for event, old, new in rows(before, after):
        cells: list[object] = [title_of(event)]
        for name in PERCENTILES:
            was, now = getattr(old, name), getattr(new, name)
            cells += [short(was), short(now), _shown_ratio(was, now)]
        found.append([*cells, f"{errors_share(old):.2%}", f"{errors_share(new):.2%}"])
    head = ["event"]
    for name in ("p50", "p95", "p99"):
        head += [f"{name} before", "after", "ratio"]
    return table([*head, "errors before", "after"], found)


def _ratio(was: float, now: float) -> str:
    return f"{now / was:.2f}x" if was else "-"


def _shown_ratio(was: float, now: float) -> Html:
    style = "worse" if now > was * 1.1 else "better" if now * 1.1 < was else None
    return element("span", _ratio(was, now), class_=style)


def _panels(before: RunResult, after: RunResult) -> Html:
    return element(
        "div", [_both(before, after, event) for event, _, _ in rows(before, after)], class_="panels"
    )


def _both(before: RunResult, after: RunResult, event: str) -> Html:
    lines = [
        Line(name, style, _points(run, event))
        for name, style, run in (("before", "b", before), ("after", "a", after))
    ]
    duration_s = max(before.duration_s, after.duration_s)
    title = title_of(event)
    chart = line_chart(f"{title}, p99", "ms", lines, duration_s, is_log=True)
    return panel(title, "p99 of both runs", chart, ["second", "before", "after"], _rows(lines))


def _points(run: RunResult, event: str) -> list[tuple[float, float | None]]:
    found = [(each.t_s, each.stats(event)) for each in sliced(run.series)]
    return [(t_s, stats.p99_ms if stats else None) for t_s, stats in found]


def _rows(lines: list[Line]) -> list[list[object]]:
    by_time: dict[float, list[str]] = {}
    for at, line in enumerate(lines):
        for t_s, value in line.points:
            if value is not None:
                by_time.setdefault(t_s, ["", ""])[at] = short(value)
    times = sorted(by_time)
    step = max(1, -(-len(times) // ROWS_MAX))
    return [[t_s, *by_time[t_s]] for t_s in times[::step]]
