"""docs/benchmarks.md, its pictures and the pages beside it, from the reports in docs/benchmarks.

The tables stand between two marks and are written anew. A test fails when the page says anything
else than the reports.
"""

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from loadtests.bench import page as rooms_page
from loadtests.bench import report as rooms_report
from loadtests.benchmarks import costs
from loadtests.benchmarks.parts import Build, Kept, Part, kept
from loadtests.benchmarks.picture import draw
from loadtests.report_page.panels import events_of
from loadtests.result import RunResult, read_result

DOCS = Path(__file__).resolve().parents[2] / "docs"
BEGIN = "<!-- from docs/benchmarks/*.json, by `make bench` -->"
END = "<!-- end -->"
TITLES = {
    Part.WHOLE: "The whole system, beside a small peer",
    Part.RUSH: "Countdown rush, and what the oracle found",
    Part.ROOMS: "What a viewer costs",
    Part.INVENTORY: "What a purchase costs",
}
ALTS = {
    Part.WHOLE: "Bars for Kaibo and the peer: answers per second, arrival of comments, CPU",
    Part.RUSH: "Three curves over a minute: arrival of events, answers to presses, viewers",
    Part.ROOMS: "CPU per event by server and by size of room, and how long comments take",
    Part.INVENTORY: "Redis CPU per reservation, answers per second by server, a sale that grows",
}


class Shelf:
    """Where published reports and pages are: docs/, or a trial run's folder."""

    def __init__(self, docs: Path = DOCS, costs_path: Path = costs.PATH) -> None:
        self.docs = docs
        self.costs_path = costs_path
        self.page = docs / "benchmarks.md"

    def report(self, part: Part) -> Path:
        return self.docs / "benchmarks" / f"{part}.json"

    def picture(self, part: Part) -> Path:
        return self.docs / "images" / f"bench-{part}.svg"

    @property
    def dates_path(self) -> Path:
        return self.docs / "benchmarks" / "dates.json"

    def dates(self) -> dict[str, str]:
        """When each part was measured."""
        path = self.dates_path
        found: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return found


def publish(part: Part, build: Build, shelf: Shelf) -> None:
    """Take a part's report from `build`, and renew all that is made of it."""
    source = build.report(part)
    for folder in (shelf.report(part).parent, shelf.picture(part).parent):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, shelf.report(part))
    if part is Part.RUSH:
        draw(shelf.picture(part), read_result(source))
    else:
        shutil.copyfile(build.picture(part), shelf.picture(part))
    date = dt.datetime.fromtimestamp(source.stat().st_mtime, dt.UTC).date().isoformat()
    dates = shelf.dates() | {part.value: date}
    shelf.dates_path.write_text(json.dumps(dates, indent=2, sort_keys=True) + "\n", "utf-8")
    renew(shelf)


def renew(shelf: Shelf) -> None:
    """The pages and the costs, from the reports that are there."""
    if not shelf.page.exists():  # a trial run's folder
        shelf.page.write_text(f"{BEGIN}\n{END}\n", "utf-8")
    shelf.page.write_text(with_tables(shelf.page.read_text("utf-8"), shelf), "utf-8")
    rooms, inventory, whole = (
        shelf.report(part) for part in (Part.ROOMS, Part.INVENTORY, Part.WHOLE)
    )
    if rooms.exists() and shelf.docs == DOCS:
        text = rooms_page.with_figures(rooms_page.PAGE.read_text("utf-8"), rooms_report.read(rooms))
        rooms_page.PAGE.write_text(text, "utf-8")
    if rooms.exists() and inventory.exists() and whole.exists():
        costs.write(rooms, inventory, whole, max(shelf.dates().values()), shelf.costs_path)


def with_tables(page: str, shelf: Shelf) -> str:
    """`page` with what stands between the marks made of the reports on `shelf`."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} with {END} after it")
    return "\n".join((f"{before}{BEGIN}", "", *_sections(shelf), f"{END}{after}"))


def _sections(shelf: Shelf) -> Iterator[str]:
    dates = shelf.dates()
    for part, title in TITLES.items():
        yield f"## {title}"
        yield ""
        path = shelf.report(part)
        if not path.exists():
            yield f'Not measured yet: `make bench BENCH="--only {part}"`.'
            yield ""
            continue
        lines = _rush(read_result(path)) if part is Part.RUSH else _figures(kept(path))
        yield from lines
        yield f"Measured on {dates.get(part.value, 'an unknown day')}."
        yield ""
        yield f'<img src="images/{shelf.picture(part).name}" width="980" alt="{ALTS[part]}">'
        yield ""


def _figures(report: Kept) -> Iterator[str]:
    if not report.is_full:
        yield "A trial run, too small to judge."
        yield ""
    rows = [[f.name, f.target, f.measured, f.verdict.value] for f in report.figures]
    yield from _table(["figure", "target", "measured", "verdict"], rows)
    yield ""
    for failure in report.failures:
        yield f"Could not be measured: `{failure}`"
        yield ""
    machine = report.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    yield f"{machine.cpu}, {machine.cores} cores, Linux {machine.kernel}, Python {machine.python};"
    yield f"{versions}."
    loads = f"{machine.load_before[0]:.1f} before, {machine.load_after[0]:.1f} at the end"
    yield f"Load average {loads}."


def _rush(run: RunResult) -> Iterator[str]:
    yield run.text
    yield ""
    rows = [
        [f.words, f"{f.cases:,} cases", f.verdict if f.verdict != "broken" else "BROKEN"]
        for f in run.findings
    ]
    yield from _table(["promise", "measured", "verdict"], rows)
    yield ""
    events = [
        [name.replace("_", " "), f"{e.count:,}", *(f"{ms:,.0f}" for ms in (e.p50_ms, e.p99_ms))]
        for name in events_of(run)
        for e in [run.totals[name]]
    ]
    yield from _table(["event", "count", "p50, ms", "p99, ms"], events)
    yield ""
    for fault in run.faults:
        back = fault.recovered_at_s
        after = "never recovered" if back is None else f"recovered after {back - fault.t_s:.1f} s"
        yield f"{fault.words[:1].upper()}{fault.words[1:]} at {fault.t_s:.0f} s, {after}."
    versions = ", ".join(f"{name} {version}" for name, version in run.machine.versions.items())
    yield f"{run.machine.cpu_model}, {run.machine.cpu_count} cores; {versions}."


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"
