"""What a run's page says in words and tables, from the verdict to the machine. Pure."""

import datetime as dt
from collections.abc import Iterator

from loadtests.report_page.chart import short
from loadtests.report_page.html import Html, element, table
from loadtests.report_page.panels import RECEIVED, events_of, title_of
from loadtests.result import PromiseResult, RunResult

ICONS = {"kept": "✓", "broken": "✕", "unproven": "?", "exempt": "–"}
VERDICT_WORDS = {
    "kept": "Every promise was kept",
    "broken": "A promise was broken",
    "unproven": "Nothing was broken, but not everything was tested",
}
BUSY_PERCENT = 80


def badge(verdict: str) -> Html:
    return element("span", f"{ICONS[verdict]} {verdict}", class_=f"verdict {verdict}")


def banner(run: RunResult) -> Html:
    counts = {verdict: sum(found.verdict == verdict for found in run.findings) for verdict in ICONS}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    return element(
        "section",
        element("span", ICONS[run.verdict], class_="icon", aria_hidden="true"),
        element("div", element("h2", VERDICT_WORDS[run.verdict]), element("p", f"{told} promises")),
        class_=f"banner {run.verdict}",
    )


def heading(run: RunResult) -> Html:
    return element(
        "header",
        element("h1", title_of(run.scenario)),
        element("p", run.text),
        element("p", f"{when(run)} · {duration(run.duration_s)} · {run.target}", class_="quiet"),
    )


def when(run: RunResult) -> str:
    at = dt.datetime.fromtimestamp(run.started_at_ms / 1000, dt.UTC)
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def tiles(run: RunResult) -> Html:
    """The few figures that one looks for first."""
    return element(
        "section",
        [
            element("div", element("b", value), element("span", name), class_="tile")
            for name, value in _tiles(run)
        ],
        class_="tiles",
    )


def _tiles(run: RunResult) -> Iterator[tuple[str, str]]:
    yield "viewers at once", f"{max((each.viewers for each in run.series), default=0):,}"
    for event in (RECEIVED, "join", "buy", "paid"):
        found = run.totals.get(event)
        if found is not None and found.count:
            yield f"{title_of(event)}, p99", f"{short(found.p99_ms)} ms"
    buys = run.totals.get("buy")
    if buys is not None:
        yield "presses answered", f"{buys.count:,}"
    yield "errors", f"{sum(each.count for each in run.errors):,}"
    yield "breaches", f"{sum(each.breaches_total for each in run.findings):,}"


def faults(run: RunResult) -> Html:
    if not run.faults:
        return Html()
    items = [
        element(
            "li",
            f"{fault.words} at {fault.t_s:.0f} s, ",
            "never seen to recover"
            if fault.recovered_at_s is None
            else f"recovered after {fault.recovered_at_s - fault.t_s:.1f} s",
        )
        for fault in run.faults
    ]
    return element(
        "section",
        element("h2", "Faults"),
        element("p", "Marked by these numbers on every chart, shaded until recovered."),
        element("ol", items),
    )


def promises(run: RunResult) -> Html:
    """The oracle's findings, broken ones first."""
    order = ["broken", "unproven", "kept", "exempt"]
    found = sorted(run.findings, key=lambda each: order.index(each.verdict))
    rows: list[list[object]] = [
        [[each.words, _breaches(each)], badge(each.verdict), f"{each.cases:,}"] for each in found
    ]
    return element(
        "section",
        element("h2", "Promises"),
        element("p", "Judged from what clients noted and what the server has written down."),
        table(["promise", "verdict", "cases"], rows),
    )


def _breaches(found: PromiseResult) -> Html:
    if not found.breaches:
        return Html()
    total = max(found.breaches_total, len(found.breaches))
    hidden = total - len(found.breaches)
    more = [element("li", f"and {hidden:,} more")] if hidden else []
    return element(
        "details",
        element("summary", f"{total:,} breaches"),
        element("ul", [element("li", words) for words in found.breaches], more),
        open="open",
        class_="breaches",
    )


def totals(run: RunResult) -> Html:
    rows: list[list[object]] = [
        [
            title_of(event),
            f"{found.count:,}",
            f"{found.errors:,}",
            *(short(ms) for ms in (found.p50_ms, found.p95_ms, found.p99_ms, found.max_ms)),
        ]
        for event in events_of(run)
        for found in [run.totals[event]]
    ]
    head = ["event", "count", "errors", "p50 ms", "p95 ms", "p99 ms", "max ms"]
    return element("section", element("h2", "The whole run"), table(head, rows))


def errors(run: RunResult) -> Html:
    if not run.errors:
        return Html()
    found = sorted(run.errors, key=lambda each: -each.count)
    rows: list[list[object]] = [[title_of(e.event), e.code, f"{e.count:,}"] for e in found]
    note = "Refusals that are part of a sale, as sold out, are no errors."
    return element(
        "section",
        element("h2", "Errors"),
        element("p", note),
        table(["event", "code", "count"], rows, numbers_from=2),
    )


def fairness(run: RunResult) -> Html:
    found = run.fairness
    if found is None:
        return Html()
    tau = "unknown" if found.kendall_tau is None else f"{found.kendall_tau:.3f}"
    words = (
        f"Of {found.pairs:,} pairs of buyers of whom one was served and one was not, "
        f"{found.inversions_share:.2%} had it the wrong way round: the later press was served. "
        f"Order of presses against order of holds: Kendall's tau {tau} (1 is the same order). "
        f"The luckiest pressed {found.worst_jump_ms:,.0f} ms later than somebody refused."
    )
    return element("section", element("h2", "Fairness"), element("p", words))


def swarm(run: RunResult) -> Html:
    found = run.swarm
    if not found.promised:
        return Html()
    rows: list[list[object]] = [
        ["numbered events promised to viewers", f"{found.promised:,}"],
        ["received", f"{found.received:,}"],
        ["lost without a word", f"{found.gaps:,}"],
        ["received twice", f"{found.duplicates:,}"],
        ["shed, and said so", f"{found.skipped:,} in {found.skip_notices:,} notices"],
        ["reconnects", f"{found.reconnects:,}"],
        ["of these with exactly what was missed", f"{found.recovered:,}"],
        ["of these with a fresh snapshot", f"{found.restarted:,}"],
        ["readers", f"{found.viewers_max:,} in {found.processes} processes"],
        ["CPU of the readers", f"{found.cpu_s:.1f} s"],
    ]
    return element(
        "section", element("h2", "Every viewer's stream"), table(["", "all viewers"], rows)
    )


def setting(run: RunResult) -> Html:
    """What was sold to whom, what became of it, and on what it ran."""
    machine = run.machine
    where: dict[str, object] = {
        "processor": f"{machine.cpu_model}, {machine.cpu_count} cores",
        "memory": f"{machine.memory_bytes / 1e9:.1f} GB",
        **machine.versions,
        "commit": machine.commit or "unknown",
        "people's CPU": _generator(run),
        "server's CPU": "unknown" if run.server_cpu_s is None else f"{run.server_cpu_s:.1f} s",
    }
    return element(
        "section",
        element("h2", "Plan, outcome, machine"),
        element(
            "div",
            [
                table(
                    [title, ""], [[title_of(name), _plain(value)] for name, value in part.items()]
                )
                for title, part in (("plan", run.plan), ("outcome", run.outcome), ("where", where))
                if part
            ],
            class_="beside",
        ),
    )


def _generator(run: RunResult) -> str:
    percent = f"{run.generator_cpu_percent:.0f}% of a core"
    if run.generator_cpu_percent < BUSY_PERCENT:
        return percent
    return f"{percent}: so busy that times may be the people's own"


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
