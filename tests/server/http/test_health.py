"""Readiness names the part that is not ready, and never takes long to say so."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from inventory.redis_store.verdicts import Verdict
from server.http import health
from server.http.parts import Check
from server.jobs import FAILING_AFTER_S, LastSuccess


async def well() -> None:
    """A part that answers."""


async def broken() -> None:
    raise ConnectionError("redis://:password@10.0.0.7 refused")


async def silent() -> None:
    await asyncio.Event().wait()


async def get(
    path: str, checks: dict[str, Check], verdict: Verdict | None = None
) -> httpx.Response:
    async def last_verdict() -> Verdict | None:
        return verdict

    app = Starlette(routes=list(health.health_routes(checks, last_verdict)))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://kaibo.test"
    ) as client:
        return await client.get(path)


async def test_process_is_live_whatever_its_parts_do() -> None:
    response = await get("/live", {"redis": broken})
    assert (response.status_code, response.json()) == (200, {"status": "live"})


async def test_ready_when_every_part_is() -> None:
    response = await get("/ready", {"redis": well, "sql": well})
    assert response.status_code == 200
    parts = {"redis": "ok", "sql": "ok"}
    assert response.json() == {"status": "ready", "parts": parts, "reconciled": None}
    assert response.headers["cache-control"] == "no-store"


async def test_differences_are_shown_and_make_nothing_unready() -> None:
    verdict = Verdict(at_ms=7, rooms=3, differences={"tea": 2})
    response = await get("/ready", {"redis": well}, verdict)
    assert response.status_code == 200
    assert response.json()["reconciled"] == {"at_ms": 7, "rooms": 3, "differences": {"tea": 2}}


async def test_part_that_fails_is_named_without_its_address() -> None:
    response = await get("/ready", {"redis": broken, "sql": well})
    assert response.status_code == 503
    assert response.json()["parts"] == {"redis": "ConnectionError", "sql": "ok"}
    assert "10.0.0.7" not in response.text


async def test_job_that_has_long_failed_is_named_until_it_succeeds() -> None:
    now_s = 100.0
    job = LastSuccess(lambda: now_s)
    now_s += FAILING_AFTER_S
    assert (await get("/ready", {"relay": job.check})).status_code == 200
    now_s += 2
    response = await get("/ready", {"redis": well, "relay": job.check})
    assert response.status_code == 503
    assert response.json()["parts"] == {"redis": "ok", "relay": "no success for 12 s; see the log"}
    job.note()
    assert (await get("/ready", {"relay": job.check})).status_code == 200


async def test_part_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_TIMEOUT_S", 0.05)
    response = await get("/ready", {"sql": silent})
    assert response.status_code == 503
    assert "no answer within" in response.json()["parts"]["sql"]
