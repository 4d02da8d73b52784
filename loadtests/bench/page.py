"""`python -m loadtests.bench.page`: the figures that the documentation shows, from a kept report.

The report is docs/benchmarks/rooms.json, a copy of a full run's build/bench-rooms.json. The tables
of docs/explanation/broadcast.md stand between two marks and are written anew, and so is the
picture. A test fails when the page says anything else than the report.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from loadtests.bench.picture import draw
from loadtests.bench.report import Report, read
from loadtests.bench.verdict import Results

DOCS = Path(__file__).resolve().parents[2] / "docs"
REPORT = DOCS / "benchmarks" / "rooms.json"
PAGE = DOCS / "explanation" / "broadcast.md"
PICTURE = DOCS / "images" / "bench-rooms.svg"
BEGIN = "<!-- from docs/benchmarks/rooms.json, by `python -m loadtests.bench.page` -->"
END = "<!-- end -->"


def with_figures(page: str, report: Report) -> str:
    """`page` with what stands between the marks made of `report`."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} with {END} after it")
    return "\n".join((f"{before}{BEGIN}", "", *_parts(report), f"{END}{after}"))


def _parts(report: Report) -> Iterator[str]:
    machine = report.machine
    yield f"{machine.cpu}, {machine.cores} cores, Linux {machine.kernel}, Python {machine.python};"
    yield ", ".join(f"{name} {version}" for name, version in machine.versions.items()) + "."
    yield ""
    rows = [[f.name, f.measured, f.target, f.verdict.value] for f in report.figures]
    yield from _table(["figure", "measured", "to reach", ""], rows)
    yield ""
    yield from _table(
        ["server", "one at a time", "in bursts of ten", "memory of an idle viewer"],
        _subjects(report.results),
    )
    yield ""


def _subjects(results: Results) -> Iterator[list[str]]:
    memory = {found.subject: found.bytes_per_viewer for found in results.memory}
    for price in results.fanout:
        single, burst = price.single, price.burst
        yield [
            price.subject,
            f"{single.us:.1f} us, {single.ratio:.2f}x",
            f"{burst.us:.2f} us, {burst.ratio:.2f}x",
            f"{memory[price.subject] / 1000:.1f} KB",
        ]


def _table(head: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"


def main() -> None:
    report = read(REPORT)
    PAGE.write_text(with_figures(PAGE.read_text(), report))
    draw(PICTURE, report.results)


if __name__ == "__main__":
    main()
