"""The charts of a run: times per event, how much happened, who was there, what failed. Pure.

Each has its figures as a table under it, for those who cannot see it or want to copy them.
"""

from collections.abc import Callable, Iterator, Sequence

from loadtests.report_page.chart import Line, Marker, line_chart, short
from loadtests.report_page.html import Html, element, table
from loadtests.report_page.slices import ROWS_MAX, Slice, sliced
from loadtests.result import EVENT_WORDS, EventStats, RunResult

RECEIVED = "publish_to_receive"
DONE = ("join", "comment", "like", "buy", "pay", "paid")  # a line each
STYLES = ("a", "b", "c", "d", "e", "f")
PERCENTILES: dict[str, Callable[[EventStats], float]] = {
    "p50": lambda found: found.p50_ms,
    "p95": lambda found: found.p95_ms,
    "p99": lambda found: found.p99_ms,
}


def title_of(event: str) -> str:
    return event.replace("_", " ")


def events_of(run: RunResult) -> list[str]:
    """Those that were timed, in the order in which reports show them."""
    timed = [name for name, found in run.totals.items() if found.count]
    known = [name for name in EVENT_WORDS if name in timed]
    return [*known, *sorted(set(timed) - set(known))]


def markers_of(run: RunResult) -> list[Marker]:
    return [
        Marker(fault.t_s, fault.recovered_at_s, str(number))
        for number, fault in enumerate(run.faults, 1)
    ]


def panels(run: RunResult) -> Html:
    """All of them, in a grid."""
    slices = sliced(run.series)
    found = [
        *(_latency(run, slices, event) for event in events_of(run)),
        *_amounts(run, slices),
    ]
    return element("div", found, class_="panels")


def panel(title: str, about: str, chart: Html, head: list[str], rows: list[list[object]]) -> Html:
    """One chart with its heading and its table."""
    return element(
        "figure",
        element("figcaption", element("h3", title), element("p", about)),
        chart,
        element("details", element("summary", "As a table"), table(head, rows)),
    )


def _latency(run: RunResult, slices: Sequence[Slice], event: str) -> Html:
    title = title_of(event)
    lines = [
        Line(name, style, [(each.t_s, _value(each, event, pick)) for each in slices])
        for (name, pick), style in zip(PERCENTILES.items(), "cba", strict=True)
    ]
    chart = line_chart(title, "ms", lines, run.duration_s, markers=markers_of(run), is_log=True)
    rows: list[list[object]] = [
        [each.t_s, found.count, *(f"{pick(found):.1f}" for pick in PERCENTILES.values())]
        for each in _rows(run)
        if (found := each.stats(event)) is not None
    ]
    about = EVENT_WORDS.get(event, "")
    return panel(title, about, chart, ["second", "count", *(f"{p}, ms" for p in PERCENTILES)], rows)


def _value(each: Slice, event: str, pick: Callable[[EventStats], float]) -> float | None:
    found = each.stats(event)
    return pick(found) if found else None


def _rows(run: RunResult) -> list[Slice]:
    return sliced(run.series, ROWS_MAX)


def _amounts(run: RunResult, slices: Sequence[Slice]) -> Iterator[Html]:
    said = [event for event in DONE if event in events_of(run)]
    if said:
        yield _per_s(run, slices, "done per second", "what people did", said)
    if RECEIVED in events_of(run):
        yield _per_s(run, slices, "received per second", "events read by viewers", [RECEIVED])
    yield _one(run, slices, "viewers", "connected", "people", lambda each: float(each.viewers))
    if run.errors:
        yield _one(run, slices, "errors per second", "of all events", "per s", Slice.errors_per_s)


def _per_s(
    run: RunResult, slices: Sequence[Slice], title: str, about: str, events: list[str]
) -> Html:
    lines = [
        Line(title_of(event), style, [(each.t_s, each.per_s(event)) for each in slices])
        for event, style in zip(events, STYLES, strict=False)
    ]
    chart = line_chart(title, "per s", lines, run.duration_s, markers=markers_of(run))
    rows: list[list[object]] = [
        [each.t_s, *(short(each.per_s(event)) for event in events)] for each in _rows(run)
    ]
    return panel(title, about, chart, ["second", *map(title_of, events)], rows)


def _one(
    run: RunResult,
    slices: Sequence[Slice],
    title: str,
    about: str,
    unit: str,
    pick: Callable[[Slice], float],
) -> Html:
    line = Line(title, "a", [(each.t_s, pick(each)) for each in slices])
    chart = line_chart(title, unit, [line], run.duration_s, markers=markers_of(run))
    rows: list[list[object]] = [[each.t_s, short(pick(each))] for each in _rows(run)]
    return panel(title, about, chart, ["second", unit], rows)
