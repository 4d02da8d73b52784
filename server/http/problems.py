"""Refusals as problem+json (RFC 9457), and the one table from error code to HTTP status.

`code` is the word the socket uses for the same refusal, so a client needs one list. If you add an
error code or an outcome that refuses, give it a status here; a test holds the table complete.
"""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from inventory.codes import Outcome
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody

MEDIA_TYPE = "application/problem+json"

# Codes that only HTTP has.
METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
HEAD_TOO_LARGE = "HEAD_TOO_LARGE"

STATUS: dict[str, int] = {
    ErrorCode.BAD_MESSAGE: 400,
    ErrorCode.UNKNOWN_OP: 404,
    ErrorCode.BAD_FIELD: 422,
    ErrorCode.BAD_TOKEN: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.UNKNOWN_ROOM: 404,
    ErrorCode.UNKNOWN_PRODUCT: 404,
    ErrorCode.UNKNOWN_COMMENT: 404,
    ErrorCode.UNKNOWN_POLL: 404,
    ErrorCode.UNKNOWN_QUESTION: 404,
    ErrorCode.MUTED: 403,
    ErrorCode.BLOCKED_WORDS: 422,
    ErrorCode.SLOW_MODE: 429,
    ErrorCode.POLL_OPEN: 409,
    ErrorCode.POLL_CLOSED: 409,
    ErrorCode.ALREADY_VOTED: 409,
    ErrorCode.BAD_RECEIPT: 422,
    ErrorCode.UNKNOWN_STEP: 404,
    ErrorCode.CHANGED_MEANWHILE: 409,
    ErrorCode.PAYMENT_REFUSED: 409,
    ErrorCode.LIMIT_REACHED: 409,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.TOO_MANY_IN_FLIGHT: 429,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.STATE_LOST: 500,
    ErrorCode.INTERNAL: 500,
    METHOD_NOT_ALLOWED: 405,
    UNSUPPORTED_MEDIA_TYPE: 415,
    HEAD_TOO_LARGE: 431,
    Outcome.KEY_REUSED: 422,
    Outcome.STALE_ID: 422,
    Outcome.STALE_EPOCH: 409,
    Outcome.UNKNOWN_SALE: 404,
    Outcome.UNKNOWN_HOLD: 404,
    Outcome.NOT_STARTED: 409,
    Outcome.ENDED: 409,
    Outcome.PAUSED: 409,
    Outcome.USER_LIMIT: 409,
    Outcome.SOLD_OUT: 409,
    Outcome.ALREADY_WAITING: 409,
    Outcome.WAITLIST_FULL: 409,
    Outcome.NOT_PAID: 409,
    Outcome.NOT_HELD: 409,
    Outcome.ALREADY_EXTENDED: 409,
    Outcome.ALREADY_STARTED: 409,
    Outcome.CUT_TOO_DEEP: 409,
    Outcome.TOO_MANY_SALES: 409,
    Outcome.BROKEN: 500,
}

_RETRY_AFTER_MS = {429: 1000, 503: 1000}  # where the refusal itself names no time


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a request was refused; it changed nothing. `field` is a path like `$.quantity`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    retry_after_ms: int | None = None
    starts_at_ms: int | None = None
    available: int | None = None
    option: int | None = None


class Refused(Exception):
    """A request that breaks the contract of its endpoint: no token, no JSON, a bad field."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.error = ErrorBody(code=code, message=message, field=field)


def status_of(code: str) -> int:
    return STATUS.get(code, 500)


def problem(error: ErrorBody) -> Problem:
    return Problem(
        type=f"urn:kaibo:error:{error.code}",
        title=error.code.replace("_", " ").capitalize(),
        status=status_of(error.code),
        detail=error.message,
        code=error.code,
        field=error.field,
        retry_after_ms=error.retry_after_ms,
        starts_at_ms=error.starts_at_ms,
        available=error.available,
        option=error.option,
    )


def problem_response(error: ErrorBody, headers: Mapping[str, str] | None = None) -> Response:
    """The response that says why, with the headers its status calls for."""
    told = problem(error)
    return Response(
        msgspec.json.encode(told),
        status_code=told.status,
        headers={**_headers(told), **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def _headers(told: Problem) -> dict[str, str]:
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    if told.status == 401:
        headers["www-authenticate"] = 'Bearer realm="kaibo"'
    if told.status in (413, 431):
        headers["connection"] = "close"  # what else was sent is not going to be read
    wait_ms = told.retry_after_ms or _RETRY_AFTER_MS.get(told.status)
    if wait_ms is not None:
        headers["retry-after"] = str(max(1, -(-wait_ms // 1000)))
    return headers
