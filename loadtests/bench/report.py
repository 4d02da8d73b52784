"""What a run shows at its end: machine, versions, the table of figures, the peers. Also as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from loadtests.bench.machine import Machine
from loadtests.bench.verdict import Figure, Results, Verdict, figures
from loadtests.errors import LoadError


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What build/bench-rooms.json holds."""

    machine: Machine
    is_full: bool
    figures: list[Figure]
    results: Results
    failures: list[str]  # parts that could not be measured, and why

    @property
    def is_met(self) -> bool:
        """Nothing was missed and nothing failed."""
        return not self.failures and all(f.verdict is not Verdict.MISSED for f in self.figures)


class NotRenewable(LoadError):
    """The report that should be renewed is of another machine, other versions or another size."""


def read(path: Path) -> Report:
    """A report that was kept. Raises NotRenewable where there is none."""
    try:
        return msgspec.convert(json.loads(path.read_text()), Report)
    except (OSError, ValueError) as error:
        raise NotRenewable(f"there is no report at {path}: {error}") from None


def renewed(before: Report, now: Report) -> Report:
    """`now`, with what `before` says of the parts that were not measured now.

    Raises NotRenewable unless both were measured on the same machine, with the same versions.
    """
    loads = {"load_before": now.machine.load_before, "load_after": now.machine.load_after}
    same = msgspec.structs.replace(before.machine, **loads) == now.machine
    if not same or before.is_full != now.is_full:
        raise NotRenewable("the report to renew is of another machine, other versions or sizes")
    measured = {name: found for name, found in _parts(now.results) if found}
    results = msgspec.structs.replace(before.results, **measured)
    still_missing = [text for text in before.failures if text.partition(":")[0] not in measured]
    return msgspec.structs.replace(
        now,
        results=results,
        figures=figures(results, is_full=now.is_full),
        failures=[*still_missing, *now.failures],
    )


def _parts(results: Results) -> Iterator[tuple[str, list[Any]]]:
    return ((name, getattr(results, name)) for name in Results.__struct_fields__)


def keep(path: Path, report: Report) -> None:
    """Write the report and print it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(msgspec.to_builtins(report), indent=2) + "\n")
    print("\n" + "\n".join(lines(report)))
    print(f"\nwritten: {path}", flush=True)


def lines(report: Report) -> list[str]:
    """The report as text."""
    return [
        *_machine_lines(report),
        "",
        *_figure_lines(report.figures),
        *(f"NOT MEASURED  {failure}" for failure in report.failures),
        "",
        *_subject_lines(report.results),
    ]


def _machine_lines(report: Report) -> Iterator[str]:
    machine = report.machine
    yield f"{machine.cpu}, {machine.cores} cores, Linux {machine.kernel}, Python {machine.python}"
    yield ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    before, after = machine.load_before[0], machine.load_after[0]
    yield f"load average {before:.1f} before the run, {after:.1f} at its end (it adds 2 itself)"
    rooms = (*report.results.arrival, *report.results.arrival_frozen)
    if rooms:
        others = max(room.others_cpu_percent for room in rooms)
        yield f"while comments were timed, others used up to {others:.0f}% of the server's core"
    if not report.is_full:
        yield "a smaller run than the targets are about: no verdicts"


def _figure_lines(found: list[Figure]) -> Iterator[str]:
    widths = [max([len(str(row)) for row in column] + [0]) for column in _columns(found)]
    for figure in found:
        yield (
            f"{figure.verdict.value:10}  {figure.name:{widths[0]}}  {figure.measured:{widths[1]}}"
            f"  {figure.target}"
        )


def _columns(found: list[Figure]) -> list[list[str]]:
    return [[figure.name for figure in found], [figure.measured for figure in found]]


def _subject_lines(results: Results) -> Iterator[str]:
    memory = {found.subject: found.bytes_per_viewer for found in results.memory}
    prices = {found.subject: found for found in results.fanout}
    names = list(prices) or list(memory)
    if names:
        yield f"{'':12} {'one at a time':>18} {'in bursts':>18} {'idle viewer':>13} {'event':>7}"
    for name in names:
        price, idle = prices.get(name), memory.get(name)
        single = f"{price.single.us:.2f} us {price.single.ratio:5.2f}x" if price else "-"
        burst = f"{price.burst.us:.2f} us {price.burst.ratio:5.2f}x" if price else "-"
        size = f"{price.burst.frame_bytes} B" if price else "-"
        held = f"{idle / 1000:.1f} KB" if idle is not None else "-"
        yield f"{name:12} {single:>18} {burst:>18} {held:>13} {size:>7}"
