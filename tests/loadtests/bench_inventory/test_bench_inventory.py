"""The benchmark of purchases: its verdicts, and a tiny run of everything, for real."""

import itertools
from pathlib import Path

import pytest

from inventory.uuid7 import timestamp_ms
from loadtests.bench.verdict import Verdict
from loadtests.bench_inventory import __main__ as bench
from loadtests.bench_inventory.engine import Engine
from loadtests.bench_inventory.ids import reservation_ids
from loadtests.bench_inventory.picture import draw
from loadtests.bench_inventory.plan import TINY, Part
from loadtests.bench_inventory.selling import Sold
from loadtests.bench_inventory.verdict import Results, figures


def sold(subject: str, per_s: float, server_us: float = 100.0) -> Sold:
    return Sold(
        subject=subject,
        purchases=1_000,
        per_s=per_s,
        per_s_in_sql=per_s,
        p50_ms=1.0,
        p99_ms=2.0,
        server_us=server_us,
        redis_us=10.0,
        crowd_us=10.0,
    )


@pytest.mark.parametrize(
    ("scalar_us", "verdicts"),
    [
        (20.0, [Verdict.REACHED, Verdict.REACHED]),
        (17.0, [Verdict.MISSED, Verdict.REACHED]),
    ],
)
def test_a_ratio_below_its_target_is_missed(scalar_us: float, verdicts: list[Verdict]) -> None:
    results = Results(engine=Engine(scalar_us=scalar_us, vectorised_us={1: 30.0, 128: 4.0}))
    assert [figure.verdict for figure in figures(results, is_full=True)] == verdicts


def test_selling_is_judged_by_ratio_and_by_rate() -> None:
    results = Results(sold=[sold("kaibo", 7_999.0), sold("tutorial", 1_000.0)])
    [figure] = figures(results, is_full=True)
    assert figure.verdict is Verdict.MISSED and "8.0x the tutorial's" in figure.measured


def test_a_small_run_judges_nothing() -> None:
    results = Results(sold=[sold("kaibo", 1.0), sold("floor", 1.0, server_us=1.0)])
    assert {each.verdict for each in figures(results, is_full=False)} == {Verdict.NOT_JUDGED}


def test_ids_are_uuid7s_and_never_come_twice() -> None:
    ids = list(itertools.islice(reservation_ids(), 5_000))
    assert len(set(ids)) == len(ids)
    assert all(timestamp_ms(each) > 1_700_000_000_000 for each in ids)


def test_a_tiny_run_measures_everything(tmp_path: Path) -> None:
    report = bench.run(TINY, list(Part))
    assert report.failures == []
    subjects = [each.subject for each in report.results.sold]
    assert subjects == ["floor", "kaibo", "tutorial", "kaibo, fsync", "kaibo, sold out"]
    assert len(report.figures) == 8 and len(report.results.growth) == 2
    draw(tmp_path / "picture.svg", report.results)
    assert "in a call" in (tmp_path / "picture.svg").read_text()
