"""What Prometheus is told: read by its own parser, from a whole server and from its parts."""

from prometheus_client.parser import text_string_to_metric_families

from inventory.ledger.lag import Lag
from inventory.redis_store.verdicts import Verdict
from server.http import metrics
from tests.server.http.api import Api


def samples(text: str) -> dict[tuple[str, ...], float]:
    """By name, then by the labels' values."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_a_server_tells_that_it_is_ready_and_how_far_sql_is(api: Api) -> None:
    answer = await api.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    told = samples(answer.text)
    assert told["kaibo_ready", "redis"] == told["kaibo_ready", "sql"] == 1
    assert ("kaibo_ledger_lag_seconds",) in told


def test_a_part_that_fails_is_named_and_is_0() -> None:
    states = {"redis": "ok", "sql": "no answer within 2 s"}
    [ready] = text_string_to_metric_families(
        metrics._text([metrics.gauge("up", "", "of", states)]).decode()
    )
    assert {sample.labels["of"]: sample.value for sample in ready.samples} == {"redis": 1, "sql": 0}


def test_what_is_behind_and_what_differs_is_told_with_its_room() -> None:
    verdict = Verdict(at_ms=7_500, rooms=3, differences={"tea": 2, "cup": 1})
    found = [*metrics.lag_gauges(Lag(6, 1_500)), *metrics.verdict_gauges(verdict)]
    assert samples(metrics._text(found).decode()) == {
        ("kaibo_ledger_lag_seconds",): 1.5,
        ("kaibo_ledger_lag_entries",): 6,
        ("kaibo_reconciled_timestamp_seconds",): 7.5,
        ("kaibo_reconciled_rooms",): 3,
        ("kaibo_reconciled_differences",): 3,
        ("kaibo_reconciled_room_differences", "tea"): 2,
        ("kaibo_reconciled_room_differences", "cup"): 1,
    }


def test_what_is_not_known_is_left_out() -> None:
    assert metrics.lag_gauges(None) == metrics.verdict_gauges(None) == []
