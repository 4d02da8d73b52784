"""The curves, as one SVG: an event's price by server and by size of room, and how it arrives."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from loadtests.bench.arrival import SHOWN_SHARES, Arrival
from loadtests.bench.fanout import Prices
from loadtests.bench.growth import Size
from loadtests.bench.subjects import FLOOR, OURS
from loadtests.bench.verdict import Results

SIZE_INCHES = (13.0, 4.2)
OUR_COLOR, FLOOR_COLOR, PEER_COLOR, FROZEN_COLOR = "#c2255c", "#868e96", "#4c6ef5", "#f08c00"
BAR_HEIGHT = 0.38
PALE = 0.45


def draw(path: Path, results: Results) -> None:
    """Draw what there is; panels without figures stay empty."""
    # Text stays text, and the same figures give the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bench", "font.size": 9}):
        figure = Figure(figsize=SIZE_INCHES, layout="constrained")
        prices, growth, arrival = figure.subplots(1, 3)
        _draw_prices(prices, results.fanout)
        _draw_growth(growth, results.growth)
        _draw_arrival(arrival, results.arrival, results.arrival_frozen)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _draw_prices(axes: Any, prices: list[Prices]) -> None:
    axes.set_title("server CPU per event and viewer")
    axes.set_xlabel("times the floor (a bare loop of sends); log scale")
    for row, found in enumerate(reversed(prices)):
        color = {OURS: OUR_COLOR, FLOOR: FLOOR_COLOR}.get(found.subject, PEER_COLOR)
        for price, shift, alpha in ((found.single, 0.5, PALE), (found.burst, -0.5, 1.0)):
            at = row + shift * BAR_HEIGHT
            axes.barh(at, price.ratio, BAR_HEIGHT, color=color, alpha=alpha)
            axes.annotate(f" {price.ratio:.1f}x", (price.ratio, at), va="center", fontsize=8)
    axes.set_yticks(range(len(prices)), [found.subject for found in reversed(prices)])
    if prices:
        axes.set_xscale("log")
        axes.set_xlim(0.5, 3 * max(found.burst.ratio for found in prices))
    axes.text(
        0.98, 0.02, "pale: one at a time\nfull: in bursts", transform=axes.transAxes, ha="right"
    )


def _draw_growth(axes: Any, sizes: list[Size]) -> None:
    axes.set_title("the same in rooms of different sizes")
    axes.set_xlabel("viewers on one worker")
    axes.set_ylabel("microseconds")
    viewers = [size.viewers for size in sizes]
    lines = (
        ([size.single_us for size in sizes], OUR_COLOR, "--", "kaibo, one at a time"),
        ([size.floor_single_us for size in sizes], FLOOR_COLOR, "--", "floor, one at a time"),
        ([size.burst_us for size in sizes], OUR_COLOR, "-", "kaibo, in bursts"),
        ([size.floor_burst_us for size in sizes], FLOOR_COLOR, "-", "floor, in bursts"),
    )
    for values, color, style, label in lines:
        axes.plot(viewers, values, style, color=color, marker="o", markersize=3, label=label)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)


def _draw_arrival(axes: Any, plain: list[Arrival], frozen: list[Arrival]) -> None:
    axes.set_title("from publishing a comment to reading it")
    axes.set_xlabel("milliseconds")
    axes.set_ylabel("share of deliveries")
    for rooms, color, label in (
        (plain, OUR_COLOR, "all read"),
        (frozen, FROZEN_COLOR, "1% never read"),
    ):
        for number, room in enumerate(rooms):
            shown = label if number == 0 else None
            axes.plot(room.curve_ms, SHOWN_SHARES, color=color, label=shown, linewidth=1)
    axes.set_xlim(left=0)
    if plain:
        axes.set_title(f"comment to {plain[0].viewers:,} viewers, {plain[0].comments_per_s}/s")
        axes.legend(frameon=False, loc="lower right")
