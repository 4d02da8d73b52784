"""The countdown rush over time, as one SVG: how news arrives, how presses are answered, who is
there; with the fault where it was."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from loadtests.result import RunResult

SIZE_INCHES = (13.0, 3.2)
P99_COLOR, P50_COLOR, FAULT_COLOR = "#c2255c", "#4c6ef5", "#f08c00"
EVENTS = {"publish_to_receive": "an event to every viewer, ms", "buy": "a press to its answer, ms"}


def draw(path: Path, run: RunResult) -> None:
    """Draw what was timed; panels without figures stay empty."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bench", "font.size": 9}):
        figure = Figure(figsize=SIZE_INCHES, layout="constrained")
        arrival, buying, viewers = figure.subplots(1, 3)
        for axes, (event, title) in zip((arrival, buying), EVENTS.items(), strict=True):
            _draw_times(axes, run, event, title)
        viewers.set_title("viewers connected", fontsize=9)
        viewers.plot([s.t_s for s in run.series], [s.viewers for s in run.series], color=P99_COLOR)
        viewers.set_ylim(bottom=0)
        for axes in (arrival, buying, viewers):
            _finish(axes, run)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _draw_times(axes: Any, run: RunResult, event: str, title: str) -> None:
    axes.set_title(title, fontsize=9)
    timed = [(s.t_s, s.events[event]) for s in run.series if event in s.events]
    timed = [(t_s, found) for t_s, found in timed if found.count]
    if not timed:
        return
    times = [t_s for t_s, _ in timed]
    for name, color in (("p99_ms", P99_COLOR), ("p50_ms", P50_COLOR)):
        values = [getattr(found, name) for _, found in timed]
        axes.plot(times, values, color=color, linewidth=1, marker=".", label=name[:3])
    axes.set_yscale("log")
    axes.legend(frameon=False, loc="upper left")


def _finish(axes: Any, run: RunResult) -> None:
    axes.set_xlabel("seconds")
    axes.set_xlim(0, max(run.duration_s, 1))
    for fault in run.faults:
        until_s = fault.t_s if fault.recovered_at_s is None else fault.recovered_at_s
        axes.axvspan(fault.t_s, until_s, color=FAULT_COLOR, alpha=0.2, linewidth=0)
        axes.axvline(fault.t_s, color=FAULT_COLOR, linestyle="--", linewidth=1)
