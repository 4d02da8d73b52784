"""Targets are judged as they are stated: not rounded, not bent."""

import msgspec
import pytest

from loadtests.bench.arrival import Arrival
from loadtests.bench.fanout import Price, Prices
from loadtests.bench.growth import Size
from loadtests.bench.machine import Machine
from loadtests.bench.memory import Memory
from loadtests.bench.reconnect import Storm
from loadtests.bench.report import NotRenewable, Report, renewed
from loadtests.bench.verdict import Results, Verdict, figures

REACHED, MISSED = Verdict.REACHED, Verdict.MISSED
ROOM = Arrival(
    viewers=5_000,
    frozen=0,
    comments_per_s=50,
    p50_ms=40.0,
    p99_ms=100.0,
    max_ms=150.0,
    skipped=0,
    gaps=0,
    out_of_order=0,
    unlike=0,
    worker_cpu_percent=50.0,
    others_cpu_percent=0.0,
    curve_ms=[],
)
STORM = Storm(
    viewers=5_000, missed=50, during=20, lasted_s=4.0, recovered=5_000, gaps=0, out_of_order=0
)


def verdicts(**results: object) -> list[Verdict]:
    found = figures(msgspec.convert(results, Results), is_full=True)
    return [figure.verdict for figure in found]


def prices(single: float, burst: float) -> list[Prices]:
    floor = Price(us=1.0, ratio=1.0, frame_bytes=154)
    ours = [Price(us=ratio, ratio=ratio, frame_bytes=154) for ratio in (burst, single)]
    return [Prices("floor", 1_000, floor, floor), Prices("kaibo", 1_000, ours[1], ours[0])]


def test_a_price_a_little_over_the_target_is_missed() -> None:
    assert verdicts(fanout=prices(1.3, 1.3001)) == [MISSED, REACHED]


def test_only_our_own_memory_is_judged() -> None:
    memory = [Memory("kaibo", 5_000, 10_000), Memory("starlette", 5_000, 24_000)]
    assert verdicts(memory=memory) == [REACHED]


@pytest.mark.parametrize("loss", ["skipped", "gaps", "out_of_order", "unlike"])
def test_one_comment_lost_by_one_reader_misses_the_target(loss: str) -> None:
    poor = msgspec.structs.replace(ROOM, **{loss: 1})
    assert verdicts(arrival=[ROOM, poor], arrival_frozen=[ROOM]) == [MISSED, REACHED]


def test_frozen_readers_may_cost_the_others_a_fifth() -> None:
    slower = [msgspec.structs.replace(ROOM, frozen=50, p99_ms=ms) for ms in (119.0, 121.0)]
    assert verdicts(arrival=[ROOM], arrival_frozen=slower[:1]) == [REACHED, REACHED]
    assert verdicts(arrival=[ROOM], arrival_frozen=slower[1:]) == [REACHED, MISSED]


@pytest.mark.parametrize("change", [{"gaps": 1}, {"recovered": 4_999}, {"lasted_s": 10.1}])
def test_a_storm_must_end_in_time_with_everybody_knowing_everything(
    change: dict[str, float],
) -> None:
    assert verdicts(reconnect=[STORM]) == [REACHED]
    assert verdicts(reconnect=[msgspec.structs.replace(STORM, **change)]) == [MISSED]


def test_growth_is_judged_by_the_dearest_and_the_cheapest_size() -> None:
    sizes = [Size(500, 8.0, 1.0, 7.0, 0.8), Size(1_000, 9.0, 1.25, 7.0, 0.8)]
    assert verdicts(growth=sizes) == [REACHED]
    sizes.append(Size(2_000, 10.1, 1.0, 7.0, 0.8))
    assert verdicts(growth=sizes) == [MISSED]


MACHINE = Machine(
    cpu="one",
    cores=2,
    kernel="6",
    python="3.11",
    versions={"uvloop": "1"},
    load_before=(0.0, 0.0, 0.0),
    load_after=(2.0, 1.0, 0.5),
)


def report(machine: Machine = MACHINE, **results: object) -> Report:
    found = msgspec.convert(results, Results)
    return Report(
        machine=machine,
        is_full=True,
        figures=figures(found, is_full=True),
        results=found,
        failures=[],
    )


def test_a_report_is_renewed_in_the_parts_that_were_measured_again() -> None:
    before = report(fanout=prices(1.2, 1.2), reconnect=[msgspec.structs.replace(STORM, gaps=1)])
    later = msgspec.structs.replace(MACHINE, load_before=(1.0, 1.0, 1.0))
    found = renewed(before, report(later, reconnect=[STORM]))
    assert [figure.verdict for figure in found.figures] == [REACHED] * 3
    assert (found.results.fanout, found.machine) == (before.results.fanout, later)


def test_figures_of_other_versions_are_not_put_beside_each_other() -> None:
    other = msgspec.structs.replace(MACHINE, versions={"uvloop": "2"})
    with pytest.raises(NotRenewable, match="other versions"):
        renewed(report(), report(other))


def test_a_smaller_run_is_not_judged() -> None:
    results = Results(fanout=prices(9.0, 9.0), reconnect=[STORM])
    found = figures(results, is_full=False)
    assert {figure.verdict for figure in found} == {Verdict.NOT_JUDGED}
