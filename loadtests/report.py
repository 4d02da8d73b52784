"""What a run shows at its end: the steps as a table, the outcome and the oracle's verdict.

The same goes to disk as JSON, with every buyer's own record beside it.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
from locust.stats import RequestStats

from loadtests.oracle import Evidence, Finding, Verdict, is_broken
from loadtests.record import write_records
from loadtests.rush import Progress, Rush

STEPS = {
    "token": "a guest's token, over HTTP",
    "join": "socket opened and welcomed",
    "reserve": "button pressed to answer",
    "cancel": "hold given back to answer",
    "pay": "pay pressed to the page's address",
    "pay page": "page shown and paid on, over HTTP",
    "paid": "paid on the page to told so in the room",
    "stock": "stock published to heard by a viewer",
}
BREACHES_SHOWN_MAX = 10
PERCENTILES = {"median_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}


class Step(msgspec.Struct, frozen=True):
    """One step of all buyers."""

    name: str
    count: int
    failures: int
    median_ms: int
    p95_ms: int
    p99_ms: int
    max_ms: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one run that is worth keeping; what build/load.json holds."""

    url: str
    buyers: int
    units: int
    lasted_s: float
    generator_cpu_percent: float  # of one core; near 100 the times are the generator's own
    first_wave_per_s: float  # reserve answers per second while everyone asked for the first time
    progress: Progress
    sale: dict[str, Any]
    steps: list[Step]
    findings: list[Finding]

    @property
    def is_broken(self) -> bool:
        return is_broken(self.findings)


def make_report(
    rush: Rush,
    evidence: Evidence,
    findings: list[Finding],
    stats: RequestStats,
    *,
    url: str,
    lasted_s: float,
    cpu_s: float,
) -> Report:
    return Report(
        url=url,
        buyers=rush.terms.buyers,
        units=rush.terms.units,
        lasted_s=round(lasted_s, 1),
        generator_cpu_percent=round(100 * cpu_s / lasted_s, 0),
        first_wave_per_s=round(rush.first_wave_per_s(), 0),
        progress=rush.progress(),
        sale=msgspec.to_builtins(evidence.sale),
        steps=steps_of(stats),
        findings=findings,
    )


def steps_of(stats: RequestStats) -> list[Step]:
    """The steps in the order of STEPS; one that nobody took is left out."""
    entries = {entry.name: entry for entry in stats.entries.values()}
    return [_step(entries[name]) for name in STEPS if name in entries]


def _step(entry: Any) -> Step:
    times = {
        name: round(entry.get_response_time_percentile(share) or 0)
        for name, share in PERCENTILES.items()
    }
    return Step(
        entry.name,
        entry.num_requests,
        entry.num_failures,
        max_ms=round(entry.max_response_time or 0),
        **times,
    )


def keep(path: Path, rush: Rush, report: Report) -> None:
    """Print the report, and write it to `path` and the buyers' records beside it."""
    records_path = path.with_name(f"{path.stem}-records.jsonl")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(msgspec.to_builtins(report), indent=2) + "\n")
    write_records(records_path, rush.records)
    print("\n" + "\n".join(lines(report)))
    print(f"written: {path} and {records_path}", flush=True)


def lines(report: Report) -> list[str]:
    """The report as text."""
    return [*_step_lines(report.steps), "", *_outcome_lines(report), "", *_verdict_lines(report)]


def _step_lines(steps: list[Step]) -> list[str]:
    head = f"{'step':10} {'count':>7} {'failed':>7} {'median':>8} {'p95':>8} {'p99':>8} {'max':>8}"
    rows = [
        f"{step.name:10} {step.count:7} {step.failures:7} {step.median_ms:5} ms {step.p95_ms:5} ms "
        f"{step.p99_ms:5} ms {step.max_ms:5} ms  {STEPS[step.name]}"
        for step in steps
    ]
    return [head, *rows]


def _outcome_lines(report: Report) -> list[str]:
    sale, progress = report.sale, report.progress
    counts = (
        f"{progress.held} got a hold, {progress.paid} paid, {progress.sold_out} were told sold out"
    )
    counters = " + ".join(f"{name} {sale[name]}" for name in ("available", "held", "sold"))
    rates = (
        f"first wave {report.first_wave_per_s:.0f}/s; the run took {report.lasted_s} s"
        f" and {report.generator_cpu_percent:.0f}% of a core for the buyers themselves"
    )
    return [
        f"{report.buyers} buyers for {report.units} units: {counts}",
        f"the sale: total {sale['total']} = {counters}",
        f"{progress.answers} reserve commands answered; {rates}",
    ]


def _verdict_lines(report: Report) -> list[str]:
    told = []
    for finding in report.findings:
        told.append(f"{finding.verdict.value:9} {finding.promise} ({finding.cases} cases)")
        told += [f"          - {breach}" for breach in finding.breaches[:BREACHES_SHOWN_MAX]]
        hidden = len(finding.breaches) - BREACHES_SHOWN_MAX
        if hidden > 0:
            told.append(f"          - and {hidden} more")
    broken = sum(finding.verdict is Verdict.BROKEN for finding in report.findings)
    told.append(f"oracle: {f'{broken} promises BROKEN' if broken else 'no promise was broken'}")
    return told
