"""`/metrics`, for Prometheus: whether Kaibo is ready, how far SQL is behind, what the audit found.

The figures are of all workers together, read when they are asked for, so it does not matter which
worker answers. A part that is away leaves its figures out, and says so in `kaibo_ready`.
"""

import asyncio
from collections.abc import Iterable, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inventory.ledger.engine import LedgerUnavailable
from inventory.ledger.lag import Lag
from inventory.redis_store.verdicts import Verdict
from inventory.store import StoreUnavailable
from server.http.health import CHECK_TIMEOUT_S, readiness
from server.http.parts import HttpParts

_AWAY = (LedgerUnavailable, StoreUnavailable, TimeoutError)
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def metrics_route(parts: HttpParts) -> Route:
    async def metrics(_: Request) -> Response:
        ready = await readiness(parts.checks)
        found = [
            gauge("kaibo_ready", "1 while this part of Kaibo works, else 0.", "part", ready.parts),
            *lag_gauges(await _lag(parts)),
            *verdict_gauges(await _verdict(parts)),
        ]
        return Response(_text(found), headers=_HEADERS, media_type=CONTENT_TYPE_LATEST)

    return Route("/metrics", metrics)


def gauge(name: str, words: str, label: str, states: dict[str, str]) -> Metric:
    """One sample for each of `states`: 1 where it is "ok"."""
    family = GaugeMetricFamily(name, words, labels=[label])
    for of, state in states.items():
        family.add_metric([of], float(state == "ok"))
    return family


def lag_gauges(lag: Lag | None) -> list[Metric]:
    if lag is None:
        return []
    seconds = "Since when the oldest sale is waiting that SQL has not committed yet."
    entries = "Outbox entries kept, in all rooms that SQL is behind in."
    return [
        GaugeMetricFamily("kaibo_ledger_lag_seconds", seconds, lag.lag_ms / 1_000),
        GaugeMetricFamily("kaibo_ledger_lag_entries", entries, lag.lag_entries),
    ]


def verdict_gauges(verdict: Verdict | None) -> list[Metric]:
    """None: no round of the audit has ended yet."""
    if verdict is None:
        return []
    at = "When the last audit of all rooms ended, in seconds since 1970."
    rooms = "Rooms that the last audit looked at."
    count = "Differences between Redis, outbox and SQL that the last audit found."
    by_room = "The same, by room; a room without any is not listed."
    differing = GaugeMetricFamily("kaibo_reconciled_room_differences", by_room, labels=["room"])
    for room_id, differences in verdict.differences.items():
        differing.add_metric([room_id], differences)
    return [
        GaugeMetricFamily("kaibo_reconciled_timestamp_seconds", at, verdict.at_ms / 1_000),
        GaugeMetricFamily("kaibo_reconciled_rooms", rooms, verdict.rooms),
        GaugeMetricFamily("kaibo_reconciled_differences", count, sum(verdict.differences.values())),
        differing,
    ]


async def _lag(parts: HttpParts) -> Lag | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            room_ids = await asyncio.to_thread(parts.catalogue.room_ids)
            return await parts.lag.measure(room_ids, parts.now_ms())
    except _AWAY:
        return None


async def _verdict(parts: HttpParts) -> Verdict | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await parts.verdicts.last()
    except _AWAY:
        return None


class _Found(Collector):
    """Metrics that have been read already."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _text(found: Sequence[Metric]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Found(found))
    return generate_latest(registry)
