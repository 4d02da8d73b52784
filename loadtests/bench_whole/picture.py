"""Kaibo and the peer as one SVG: answers, arrival of comments, CPU."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from loadtests.bench_whole.verdict import OURS, Results, answers_per_s, cpu_s
from loadtests.report_page.chart import short

SIZE_INCHES = (13.0, 2.6)
COLORS = {OURS: "#c2255c"}
PEER_COLOR = "#4c6ef5"


def draw(path: Path, results: Results) -> None:
    """Draw what there is; panels without figures stay empty."""
    courses = list(reversed(results.courses))
    panels = {
        "answers per second when all press": {c.subject: answers_per_s(c) for c in courses},
        "comments to everybody, p99 ms": {c.subject: c.talk.p99_ms for c in courses},
        "the same while all press, p99 ms": {c.subject: c.rushes.comment_p99_ms for c in courses},
        "CPU seconds of the server": {c.subject: cpu_s(c) for c in courses},
    }
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bench", "font.size": 9}):
        figure = Figure(figsize=SIZE_INCHES, layout="constrained")
        for axes, (title, values) in zip(
            figure.subplots(1, len(panels)), panels.items(), strict=True
        ):
            _bars(axes, title, values)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _bars(axes: Any, title: str, values: dict[str, float]) -> None:
    axes.set_title(title, fontsize=9)
    names = list(values)
    axes.barh(
        names, [values[name] for name in names], color=[COLORS.get(n, PEER_COLOR) for n in names]
    )
    for name in names:
        axes.annotate(f" {short(values[name])}", (values[name], name), va="center", fontsize=8)
    axes.margins(x=0.25)
