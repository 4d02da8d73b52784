"""The figures as one SVG: what a call costs Redis, what servers sell, how a sale grows."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from loadtests.bench_inventory.engine import Engine, Grown
from loadtests.bench_inventory.selling import Sold
from loadtests.bench_inventory.verdict import Results

SIZE_INCHES = (13.0, 4.0)
OURS, PEER = "#c2255c", "#868e96"


def draw(path: Path, results: Results) -> None:
    """Draw what there is; panels without figures stay empty."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bench", "font.size": 9}):
        figure = Figure(figsize=SIZE_INCHES, layout="constrained")
        engine, sold, growth = figure.subplots(1, 3)
        _draw_engine(engine, results.engine)
        _draw_sold(sold, results.sold)
        _draw_growth(growth, results.growth)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _draw_engine(axes: Any, engine: Engine | None) -> None:
    axes.set_title("Redis CPU for one reservation, us")
    if engine is None:
        return
    bars = {"plain script": engine.scalar_us}
    bars |= {f"{size} in a call": us for size, us in engine.vectorised_us.items()}
    _bars(axes, bars, first=PEER)


def _draw_sold(axes: Any, sold: list[Sold]) -> None:
    axes.set_title("answers per second, 2 cores for everything")
    _bars(axes, {each.subject: each.per_s for each in sold if each.subject != "floor"})


def _draw_growth(axes: Any, growth: list[Grown]) -> None:
    axes.set_title("Redis CPU for one more, us")
    axes.set_xlabel("holds in the sale")
    axes.plot([each.holds for each in growth], [each.us for each in growth], color=OURS, marker="o")
    if growth:
        axes.set_xscale("log")
    axes.set_ylim(bottom=0)


def _bars(axes: Any, values: dict[str, float], first: str = OURS) -> None:
    names = list(reversed(values))
    colors = [first if number == len(names) - 1 else OURS for number in range(len(names))]
    axes.barh(names, [values[name] for name in names], color=colors)
    for name in names:
        axes.annotate(f" {values[name]:,.1f}", (values[name], name), va="center", fontsize=8)
