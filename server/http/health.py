"""Health: `live` says the process answers, `ready` says the parts it needs do.

An orchestrator restarts what is not live and sends no visitors to what is not ready.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inventory.redis_store.verdicts import Verdict
from inventory.store import InventoryError
from server.http.parts import Check
from server.http.replies import LiveReply, ReadyReply, ReconciledView
from server.jobs import Failing

log = logging.getLogger(__name__)

CHECK_TIMEOUT_S = 2.0
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


LastVerdict = Callable[[], Awaitable[Verdict | None]]


def health_routes(checks: Mapping[str, Check], last_verdict: LastVerdict) -> list[Route]:
    async def live(_: Request) -> Response:
        return _json(LiveReply("live"), 200)

    async def ready(_: Request) -> Response:
        told = msgspec.structs.replace(
            await readiness(checks), reconciled=await _reconciled(last_verdict)
        )
        return _json(told, 200 if told.status == "ready" else 503)

    return [Route("/live", live), Route("/ready", ready)]


async def _reconciled(last_verdict: LastVerdict) -> ReconciledView | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            verdict = await last_verdict()
    except (InventoryError, TimeoutError):
        return None  # the check of Redis says why
    if verdict is None:
        return None
    return ReconciledView(verdict.at_ms, verdict.rooms, verdict.differences)


async def readiness(checks: Mapping[str, Check]) -> ReadyReply:
    """Every check run at once, each within its time."""
    states = await asyncio.gather(*(_state(name, check) for name, check in checks.items()))
    told = dict(zip(checks, states, strict=True))
    return ReadyReply("ready" if all(it == "ok" for it in states) else "not ready", told)


async def _state(name: str, check: Check) -> str:
    try:
        await asyncio.wait_for(check(), CHECK_TIMEOUT_S)
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_S:g} s"
    except Failing as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the answer is "not ready"
        log.warning("%s is not ready: %s", name, error)
        return type(error).__name__  # no more: messages may carry addresses
    return "ok"


def _json(body: msgspec.Struct, status: int) -> Response:
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        headers={**_HEADERS, **({"retry-after": "1"} if status == 503 else {})},
        media_type="application/json",
    )
