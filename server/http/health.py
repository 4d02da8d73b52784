"""Health: `live` says the process answers, `ready` says the parts it needs do.

An orchestrator restarts what is not live and sends no visitors to what is not ready.
"""

import asyncio
import logging
from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.http.parts import Check
from server.http.replies import LiveReply, ReadyReply
from server.jobs import Failing

log = logging.getLogger(__name__)

CHECK_TIMEOUT_S = 2.0
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def health_routes(checks: Mapping[str, Check]) -> list[Route]:
    async def live(_: Request) -> Response:
        return _json(LiveReply("live"), 200)

    async def ready(_: Request) -> Response:
        told = await readiness(checks)
        return _json(told, 200 if told.status == "ready" else 503)

    return [Route("/live", live), Route("/ready", ready)]


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
