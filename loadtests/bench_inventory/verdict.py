"""The targets, and what a run says about each: reached or missed, as measured. Pure."""

from collections.abc import Iterator, Mapping

import msgspec

from loadtests.bench.verdict import Figure, Verdict
from loadtests.bench_inventory.engine import Engine, Grown
from loadtests.bench_inventory.selling import Alone, Sold

VECTORISED_RATIO_MIN = 4.5
REDIS_US_MAX = 4.5
ALONE_RATIO_MAX = 3.0
SERVER_RATIO_MAX = 2.5
TUTORIAL_RATIO_MIN = 4.0
PER_S_MIN = 8_000
ALWAYS_RATIO_MIN = 0.7
SOLD_OUT_RATIO_MIN = 2.0
GROWTH_MAX = 0.20

_Line = tuple[str, str, str, bool]


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured; a part that was not asked for is missing."""

    engine: Engine | None = None
    growth: list[Grown] = []
    alone: Alone | None = None
    sold: list[Sold] = []


def figures(results: Results, *, is_full: bool) -> list[Figure]:
    """The figures that `results` allow."""
    lines = [
        *(_engine(results.engine) if results.engine else ()),
        *(_alone(results.alone) if results.alone else ()),
        *_selling({sold.subject: sold for sold in results.sold}),
        *_growth(results.growth),
    ]
    return [
        Figure(name, measured, target, _verdict(is_reached, is_full=is_full))
        for name, measured, target, is_reached in lines
    ]


def _verdict(is_reached: bool, *, is_full: bool) -> Verdict:
    if not is_full:
        return Verdict.NOT_JUDGED
    return Verdict.REACHED if is_reached else Verdict.MISSED


def _engine(engine: Engine) -> Iterator[_Line]:
    size = max(engine.vectorised_us)
    us = engine.vectorised_us[size]
    ratio = engine.scalar_us / us
    yield (
        f"reservations/s of one Redis core, {size} in a call",
        f"{1e6 / us:,.0f}/s, {ratio:.1f}x the scalar ({1e6 / engine.scalar_us:,.0f}/s)",
        f">= {VECTORISED_RATIO_MIN}x",
        ratio >= VECTORISED_RATIO_MIN,
    )
    yield "Redis CPU per reservation", f"{us:.1f} us", f"<= {REDIS_US_MAX} us", us <= REDIS_US_MAX


def _alone(alone: Alone) -> Iterator[_Line]:
    ratio = alone.purchase_p99_ms / alone.evalsha_p99_ms
    yield (
        "one purchase alone, over a WebSocket, p99",
        f"{alone.purchase_p99_ms:.2f} ms, {ratio:.1f}x one EVALSHA ({alone.evalsha_p99_ms:.2f} ms)",
        f"<= {ALONE_RATIO_MAX:.0f}x",
        ratio <= ALONE_RATIO_MAX,
    )


def _selling(sold: Mapping[str, Sold]) -> Iterator[_Line]:
    ours = sold.get("kaibo")
    if ours is None:
        return
    if floor := sold.get("floor"):
        ratio = ours.server_us / floor.server_us
        yield (
            "server CPU per purchase, ledger and room included",
            f"{ours.server_us:.0f} us, {ratio:.1f}x the floor ({floor.server_us:.0f} us)",
            f"<= {SERVER_RATIO_MAX}x",
            ratio <= SERVER_RATIO_MAX,
        )
    if tutorial := sold.get("tutorial"):
        ratio = ours.per_s / tutorial.per_s
        yield (
            "purchases/s on this machine, all included",
            (
                f"{ours.per_s:,.0f}/s ({ours.per_s_in_sql:,.0f}/s into SQL), "
                f"{ratio:.1f}x the tutorial's ({tutorial.per_s:,.0f}/s)"
            ),
            f">= {TUTORIAL_RATIO_MIN:.0f}x, >= {PER_S_MIN:,}/s",
            ratio >= TUTORIAL_RATIO_MIN and ours.per_s >= PER_S_MIN,
        )
    if always := sold.get("kaibo, fsync"):
        ratio = always.per_s / ours.per_s
        yield (
            "the same, each answer synced to the disk first",
            f"{always.per_s:,.0f}/s, {ratio:.2f}x",
            f">= {ALWAYS_RATIO_MIN}x",
            ratio >= ALWAYS_RATIO_MIN,
        )
    if refused := sold.get("kaibo, sold out"):
        ratio = refused.per_s / ours.per_s
        yield (
            "answers after sold out",
            f"{refused.per_s:,.0f}/s, {ratio:.1f}x the purchases",
            f">= {SOLD_OUT_RATIO_MIN:.0f}x",
            ratio >= SOLD_OUT_RATIO_MIN,
        )


def _growth(growth: list[Grown]) -> Iterator[_Line]:
    if not growth[1:]:
        return
    costs = [grown.us for grown in growth]
    change = max(costs) / min(costs) - 1
    yield (
        f"Redis CPU per purchase, sale of {growth[0].holds:,} to {growth[-1].holds:,} holds",
        (
            f"{costs[0]:.1f} to {costs[-1]:.1f} us, within {change:.0%}; "
            f"{growth[-1].bytes_per_finished_hold:.0f} bytes of memory for a finished hold"
        ),
        f"flat within {GROWTH_MAX:.0%}",
        change <= GROWTH_MAX,
    )
