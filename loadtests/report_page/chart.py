"""A line chart over time as inline SVG, with faults as markers. Pure.

Drawn for a box of 420 by 220 units: a phone shows it nearly at that size, so its letters can be
read there; a desktop puts several beside each other. Colours come from the page's style sheet.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from loadtests.report_page.html import Html, element, joined, void

WIDTH, HEIGHT = 420, 220
LEFT, RIGHT, TOP, BOTTOM = 46, 16, 20, 24
TICKS_WANTED = 5


class Line(NamedTuple):
    """One curve: a name, a colour class of the style sheet, and points (t_s, value). A value of
    None interrupts it."""

    name: str
    style: str
    points: Sequence[tuple[float, float | None]]


class Marker(NamedTuple):
    """A fault: when, until when (None: not seen), and the number it has in the list of faults."""

    t_s: float
    until_s: float | None
    label: str


class _Scale(NamedTuple):
    """From values to heights, and which values have a line across."""

    y: Callable[[float], float]
    ticks: list[float]


def line_chart(
    title: str,
    unit: str,
    lines: Sequence[Line],
    duration_s: float,
    *,
    markers: Sequence[Marker] = (),
    is_log: bool = False,
) -> Html:
    """The chart; `title` is also what a screen reader says of it."""
    values = [value for line in lines for _, value in line.points if value is not None]
    scale = _log(values) if is_log else _linear(values)
    end_s = max(duration_s, 1.0)

    def x(t_s: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(max(t_s / end_s, 0.0), 1.0)

    svg = element(
        "svg",
        element("title", f"{title}, {unit}"),
        list(_across(scale)),
        list(_along(end_s, x)),
        list(_markers(markers, x)),
        [element("path", d=_path(line, x, scale.y), class_=f"line {line.style}") for line in lines],
        [_dot(line, x, scale.y) for line in lines],
        element("text", unit, x=LEFT - 5, y=12, class_="tick end"),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="chart",
    )
    return joined([svg, _legend(lines)])


def _across(scale: _Scale) -> Iterator[Html]:
    for value in scale.ticks:
        y = _round(scale.y(value))
        yield void("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid")
        yield element("text", short(value), x=LEFT - 5, y=y + 4, class_="tick end")


def _along(end_s: float, x: Callable[[float], float]) -> Iterator[Html]:
    base = HEIGHT - BOTTOM
    for t_s in _nice(0, end_s):
        if t_s <= end_s:
            yield element("text", _time(t_s), x=_round(x(t_s)), y=base + 16, class_="tick middle")
    yield void("line", x1=LEFT, x2=WIDTH - RIGHT, y1=base, y2=base, class_="axis")


def _time(t_s: float) -> str:
    if t_s < 120:  # noqa: PLR2004 - two minutes
        return f"{t_s:g} s"
    return f"{t_s / 60:g} min"


def _markers(markers: Sequence[Marker], x: Callable[[float], float]) -> Iterator[Html]:
    base = HEIGHT - BOTTOM
    for marker in markers:
        at = _round(x(marker.t_s))
        if marker.until_s is not None:
            width = max(_round(x(marker.until_s) - at), 1)
            yield void("rect", x=at, y=TOP, width=width, height=base - TOP, class_="away")
        yield void("line", x1=at, x2=at, y1=TOP, y2=base, class_="fault")
        yield void("circle", cx=at, cy=TOP - 8, r=7, class_="badge")
        yield element("text", marker.label, x=at, y=TOP - 4, class_="mark middle")


def _path(line: Line, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    words, is_down = [], False
    for t_s, value in line.points:
        if value is not None:
            words.append(f"{'L' if is_down else 'M'}{_round(x(t_s))} {_round(y(value))}")
        is_down = value is not None
    return "".join(words)


def _dot(line: Line, x: Callable[[float], float], y: Callable[[float], float]) -> list[Html]:
    """Points that have no neighbours: a line would not show them."""
    values = [None, *(value for _, value in line.points), None]
    return [
        void("circle", cx=_round(x(t_s)), cy=_round(y(value)), r=2, class_=f"dot {line.style}")
        for at, (t_s, value) in enumerate(line.points)
        if value is not None and values[at] is None and values[at + 2] is None
    ]


def _legend(lines: Sequence[Line]) -> Html:
    """Under the chart, where it can wrap; one line alone is named by the heading."""
    entries = [
        element("span", element("i", class_=f"swatch {line.style}"), line.name) for line in lines
    ]
    return element("p", entries if len(lines) > 1 else [], class_="legend")


# Scales.


def _linear(values: Sequence[float]) -> _Scale:
    top = max(values, default=0.0) or 1.0
    ticks = list(_nice(0.0, top))
    if ticks[-1] < top:
        ticks.append(2 * ticks[-1] - ticks[-2] if len(ticks) > 1 else top)
    return _Scale(lambda value: _height(value / ticks[-1]), ticks)


def _log(values: Sequence[float]) -> _Scale:
    """Powers of ten around all values; what is below the lowest lies on it."""
    positive = [value for value in values if value > 0] or [1.0]
    low = math.floor(math.log10(max(min(positive), 0.1)))
    high = max(math.ceil(math.log10(max(positive))), low + 1)

    def y(value: float) -> float:
        share = (math.log10(max(value, 10.0**low)) - low) / (high - low)
        return _height(share)

    return _Scale(y, [10.0**power for power in range(low, high + 1)])


def _height(share: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP - 4) * min(share, 1.0)


def _nice(low: float, high: float) -> Iterator[float]:
    """From `low` on, in steps of 1, 2 or 5 times a power of ten, up to `high` at most."""
    rough = (high - low) / TICKS_WANTED
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next(power * by for by in (1, 2, 5, 10) if power * by >= rough)
    count = math.floor((high - low) / step + 1e-9)
    return (low + number * step for number in range(count + 1))


def short(value: float) -> str:
    """A figure in few letters."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= limit:
            divisor = 1e3 if letter == "k" else limit
            return f"{value / divisor:.3g}{letter}"
    return f"{value:.3g}" if value < 1_000 else f"{value:.0f}"  # noqa: PLR2004 - no exponent


def _round(value: float) -> float:
    return round(value, 1)
