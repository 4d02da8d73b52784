"""The routes: each endpoint of the table admitted, handled and answered in one way.

    admit   token and role, then the body under its cap, then its fields: each may refuse
    handle  the endpoint's own function, or the command's, on what was admitted
    answer  its reply as JSON, or its refusal as a problem

`routes(parts)` and `exception_handlers()` are what `server/app.py` gives to Starlette.
"""

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route, Router

from inventory.ledger.engine import LedgerUnavailable
from inventory.store import StoreUnavailable
from rooms.broker import BrokerUnavailable
from server.http.calls import Call, Stream
from server.http.client_files import client_routes, media_mount
from server.http.endpoints import ENDPOINTS, Access, Endpoint
from server.http.health import health_routes
from server.http.metrics import metrics_route
from server.http.openapi import openapi_document
from server.http.parts import HttpParts
from server.http.pictures import picture_route
from server.http.problems import METHOD_NOT_ALLOWED, Refused, problem_response
from server.http.requests import bearer, caller_of, read_body, read_message
from server.tokens import Caller
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody

log = logging.getLogger(__name__)

RETRY_AFTER_MS = 1000
_LEDGER_AWAY = "the ledger is not answering; retry"
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def routes(parts: HttpParts) -> list[BaseRoute]:
    """Everything served over HTTP. The client's files come last: they claim every other path."""
    return [
        Mount("/v1", app=_router([*_endpoint_routes(parts), _openapi_route()])),
        Mount("/health", app=_router(health_routes(parts.checks, parts.verdicts.last))),
        metrics_route(parts),
        picture_route(parts.pictures),
        media_mount(parts.settings.data_path / "media"),
        *client_routes(),
    ]


def exception_handlers() -> dict[Any, Callable[[Request, Exception], Awaitable[Response]]]:
    """Starlette's own refusals, and failures nobody foresaw, as problems too."""
    return {
        HTTPException: _on_http_exception,
        LedgerUnavailable: _on_unavailable,
        Exception: _on_failure,
    }


def _router(inner: list[Route]) -> Router:
    # No redirects between /x and /x/: an address is right or it is not.
    return Router(routes=inner, redirect_slashes=False)


def _endpoint_routes(parts: HttpParts) -> list[Route]:
    """One route per path, so that a wrong method is told every right one."""
    by_path: dict[str, dict[str, Endpoint]] = defaultdict(dict)
    for endpoint in ENDPOINTS:
        by_path[endpoint.path][endpoint.method] = endpoint
    return [_path_route(parts, path, methods) for path, methods in by_path.items()]


def _path_route(parts: HttpParts, path: str, methods: dict[str, Endpoint]) -> Route:
    async def serve(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await answer(methods[method], parts, request)

    return Route(path, serve, methods=list(methods))


def _openapi_route() -> Route:
    document = msgspec.json.encode(openapi_document())

    async def serve(_: Request) -> Response:
        return Response(document, media_type="application/json", headers=_HEADERS)

    return Route("/openapi.json", serve)


async def answer(endpoint: Endpoint, parts: HttpParts, request: Request) -> Response:
    """The endpoint's response; only failures nobody foresaw are raised."""
    try:
        told = await endpoint.handler(await admit(endpoint, parts, request))
    except Refused as refused:
        told = refused.error
    except (StoreUnavailable, BrokerUnavailable) as error:
        told = _unavailable(str(error), error.retry_after_ms)
    except LedgerUnavailable as error:
        log.warning("%s %s: %s", endpoint.method, endpoint.path, error)
        told = _unavailable(_LEDGER_AWAY, RETRY_AFTER_MS)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    if isinstance(told, ErrorBody):
        return problem_response(told)
    if isinstance(told, Stream):
        named = {"content-disposition": f'attachment; filename="{told.file_name}"'}
        return StreamingResponse(
            told.chunks, headers={**_HEADERS, **named}, media_type=endpoint.gives
        )
    return Response(
        msgspec.json.encode(told),
        status_code=endpoint.status,
        headers=_HEADERS,
        media_type="application/json",
    )


async def admit(endpoint: Endpoint, parts: HttpParts, request: Request) -> Call:
    """What the endpoint's handler is given, or Refused."""
    caller = _admitted_caller(endpoint.access, parts, request)
    settings = parts.settings
    bytes_max = settings.picture_bytes_max if endpoint.takes else settings.body_bytes_max
    message, body = None, b""
    if endpoint.request is not None:
        message = await read_message(request, endpoint.request, bytes_max)
    elif endpoint.raw_body:
        body = await read_body(request, bytes_max)
    return Call(
        parts, request.path_params, request.query_params, request.headers, caller, message, body
    )


def _admitted_caller(access: Access, parts: HttpParts, request: Request) -> Caller | None:
    if access is Access.PUBLIC or (access is Access.OPTIONAL and bearer(request) is None):
        return None
    caller = caller_of(request, parts.tokens, parts.now_ms())
    if access is Access.HOST and caller.role != "host":
        raise Refused(ErrorCode.FORBIDDEN, "only a host of this room may do that")
    return caller


def _unavailable(message: str, retry_after_ms: int) -> ErrorBody:
    return ErrorBody(code=ErrorCode.UNAVAILABLE, message=message, retry_after_ms=retry_after_ms)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    told = {
        401: ErrorBody(code=ErrorCode.FORBIDDEN, message="that file may not be read"),
        404: ErrorBody(code=ErrorCode.NOT_FOUND, message=f"nothing is at {request.url.path[:200]}"),
        405: ErrorBody(
            code=METHOD_NOT_ALLOWED, message=f"{request.method[:20]} is not for this address"
        ),
    }.get(error.status_code, ErrorBody(code=ErrorCode.BAD_MESSAGE, message=str(error.detail)))
    return problem_response(told, error.headers)


async def _on_unavailable(_: Request, error: Exception) -> Response:
    """SQL is away, on a page that is no endpoint. Its address may be a secret, so it stays out."""
    log.warning("a page was not served: %s", error)
    return problem_response(_unavailable(_LEDGER_AWAY, RETRY_AFTER_MS))


async def _on_failure(_: Request, error: Exception) -> Response:
    # Starlette raises it again after this answer, so the server's log has the traceback.
    told = ErrorBody(code=ErrorCode.INTERNAL, message="the server failed; it has been logged")
    return problem_response(told)
