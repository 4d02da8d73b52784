"""A run's result: put together from what the run left behind, and told as text.

The same goes to disk as `run.json`, from which the report page is drawn, with every buyer's own
record beside it.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from loadtests.conduct import Ran, Target
from loadtests.oracle.evidence import Finding, is_broken, is_unproven
from loadtests.oracle.fairness import fairness
from loadtests.oracle.late import late_payers, paid_words, slow_words
from loadtests.oracle.promises import judge
from loadtests.people.record import write_records
from loadtests.report_page.commands import write_report
from loadtests.result import (
    BREACHES_KEPT_MAX,
    EVENT_WORDS,
    PromiseResult,
    RunResult,
    write_result,
)
from loadtests.show import Show
from loadtests.under import machine

FOLDER = Path("build/loadtests")
RECORDS_NAME = "buyers.jsonl"
BREACHES_SHOWN_MAX = 5


def result_of(show: Show, target: Target, ran: Ran) -> RunResult:
    findings = judge(ran.evidence, show.scenario.exempt)
    return RunResult(
        scenario=show.name,
        text=show.scenario.text,
        plan=show.scenario.figures(),
        target=target.words,
        started_at_ms=show.begun_at_ms,
        duration_s=round(ran.duration_s, 1),
        machine=machine(target.own),
        series=show.timeline.series(),
        totals=show.timeline.totals(),
        errors=show.timeline.errors(),
        faults=ran.faults,
        findings=[_promise(finding) for finding in findings],
        fairness=fairness(ran.evidence.sales),
        swarm=ran.swarm,
        outcome=_outcome(show, ran),
        generator_cpu_percent=round(100 * ran.people_cpu_s / ran.duration_s, 1),
        server_cpu_s=ran.server_cpu_s,
        verdict=_verdict(findings),
    )


def _promise(finding: Finding) -> PromiseResult:
    return PromiseResult(
        promise=finding.promise,
        words=finding.words,
        verdict=finding.verdict.value,
        cases=finding.cases,
        breaches=finding.breaches[:BREACHES_KEPT_MAX],
        breaches_total=len(finding.breaches),
        exempt=finding.exempt,
    )


def _verdict(findings: Sequence[Finding]) -> Literal["kept", "broken", "unproven"]:
    if is_broken(findings):
        return "broken"
    return "unproven" if is_unproven(findings) else "kept"


def _outcome(show: Show, ran: Ran) -> dict[str, int]:
    progress = show.progress()
    sales = [evidence.sale for evidence in ran.evidence.sales]
    names = ("total", "available", "held", "sold", "waiting")
    return {
        **{name: sum(getattr(sale, name) for sale in sales) for name in names},
        "buyers": show.buyers,
        "answers": progress.answers,
        "got_a_hold": progress.held,
        "paid": progress.paid,
        **late_payers(ran.evidence.sales)._asdict(),
        "told_sold_out": progress.sold_out,
    }


def keep(show: Show, result: RunResult, folder: Path | None = None) -> Path:
    """Write the record, its page and the buyers' own ones, and say how it went; the folder."""
    if folder is None:
        when = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(result.started_at_ms / 1000))
        folder = FOLDER / f"{show.name}-{when}"
    write_result(folder, result)
    write_records(folder / RECORDS_NAME, show.records)
    print("\n" + "\n".join(lines(result)))
    print(f"written: {folder}, to look at: {write_report(folder)}", flush=True)
    return folder


def lines(result: RunResult) -> list[str]:
    """The result as text."""
    return [
        *_event_lines(result),
        "",
        *_outcome_lines(result),
        *[
            f"{fault.t_s:6.1f} s  {fault.words}; {_recovery(fault.recovered_at_s)}"
            for fault in result.faults
        ],
        "",
        *_finding_lines(result),
    ]


def _event_lines(result: RunResult) -> list[str]:
    head = f"{'event':18} {'count':>9} {'errors':>7} {'median':>8} {'p95':>8} {'p99':>8} {'max':>8}"
    rows = []
    for name, words in EVENT_WORDS.items():
        if (stats := result.totals.get(name)) is not None:
            times = (stats.p50_ms, stats.p95_ms, stats.p99_ms, stats.max_ms)
            told = " ".join(f"{ms:5.0f} ms" for ms in times)
            rows.append(f"{name:18} {stats.count:9} {stats.errors:7} {told}  {words}")
    return [head, *rows]


def _outcome_lines(result: RunResult) -> list[str]:
    got, swarm, fair = result.outcome, result.swarm, result.fairness
    told = [
        (
            f"{got['buyers']} buyers for {got['total']} units: {got['got_a_hold']} got a hold,"
            f" {paid_words(got)}, {got['told_sold_out']} were told sold out;"
            f" sold {got['sold']}, held {got['held']}, available {got['available']}"
        ),
        *slow_words(got),
        (
            f"{swarm.viewers_max} readers were promised {swarm.promised} events:"
            f" {swarm.received} came, {swarm.skipped} shed with notice, {swarm.gaps} lost,"
            f" {swarm.duplicates} twice;"
            f" {swarm.reconnects} came back, {swarm.recovered} of them to where they were"
        ),
        (
            f"the people took {result.generator_cpu_percent:.0f}% of a core, the readers"
            f" {swarm.cpu_s:.0f} s of CPU, the server {result.server_cpu_s or 0:.0f} s"
        ),
    ]
    if fair is not None:
        tau = "" if fair.kendall_tau is None else f", Kendall's tau of the holds {fair.kendall_tau}"
        told.append(
            f"fairness: {fair.inversions_share:.1%} of {fair.pairs} pairs the wrong way round,"
            f" by {fair.worst_jump_ms:.0f} ms at most{tau}"
        )
    return told


def _recovery(at_s: float | None) -> str:
    return "not seen to be over" if at_s is None else f"over at {at_s:.1f} s"


def _finding_lines(result: RunResult) -> list[str]:
    told = []
    for finding in result.findings:
        name = finding.verdict.upper() if finding.verdict == "broken" else finding.verdict
        told.append(f"{name:9} {finding.words} ({finding.cases} cases)")
        if finding.verdict == "exempt":
            told.append(f"          - {finding.exempt}")
        told += [f"          - {breach}" for breach in finding.breaches[:BREACHES_SHOWN_MAX]]
        hidden = finding.breaches_total - BREACHES_SHOWN_MAX
        if hidden > 0:
            told.append(f"          - and {hidden} more")
    told.append(f"oracle: {_VERDICT_WORDS[result.verdict]}")
    return told


_VERDICT_WORDS = {
    "kept": "every promise was kept",
    "broken": "a promise was BROKEN",
    "unproven": "no promise was broken, and some were not tested",
}
