"""Every refusal has a status of its own choosing, and says all that the socket would say."""

import msgspec
import pytest

from inventory.codes import Outcome
from server.http.problems import MEDIA_TYPE, STATUS, Problem, problem_response
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody

SUCCESSES = {
    Outcome.REPLAYED,
    Outcome.HELD,
    Outcome.READMITTED,
    Outcome.EXTENDED,
    Outcome.CANCELLED,
    Outcome.EXPIRED,
    Outcome.CREATED,
    Outcome.STARTED,
    Outcome.STOPPED,
    Outcome.RESTOCKED,
    Outcome.ARCHIVED,
    Outcome.RESTORED,
    Outcome.PAID,
    Outcome.PAID_LATE,
    Outcome.REFUND_DUE,
    Outcome.SECOND_PAYMENT,
    Outcome.WAITING,
    Outcome.OFFERED,
    Outcome.LEFT,
    Outcome.UNSERVED,
    Outcome.SALE_PAUSED,
    Outcome.SALE_RESUMED,
    Outcome.RETURNED,
    Outcome.REFUNDED,
    Outcome.REPAID,
}


@pytest.mark.parametrize("code", [*ErrorCode, *(set(Outcome) - SUCCESSES)])
def test_every_refusal_has_a_status(code: str) -> None:
    assert 400 <= STATUS[code] <= 503


@pytest.mark.parametrize("outcome", sorted(SUCCESSES))
def test_success_is_no_problem(outcome: Outcome) -> None:
    assert outcome not in STATUS


def test_problem_has_every_field_of_an_error() -> None:
    same = set(ErrorBody.__struct_fields__) - {"message"}  # which RFC 9457 calls detail
    assert same < set(Problem.__struct_fields__)


def test_problem_says_what_the_error_says() -> None:
    error = ErrorBody(code="NOT_STARTED", message="wait", field="$.x", starts_at_ms=5, available=3)
    response = problem_response(error)
    assert response.media_type == MEDIA_TYPE
    assert msgspec.json.decode(response.body) == {
        "type": "urn:kaibo:error:NOT_STARTED",
        "title": "Not started",
        "status": 409,
        "detail": "wait",
        "code": "NOT_STARTED",
        "field": "$.x",
        "starts_at_ms": 5,
        "available": 3,
    }


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (ErrorBody("RATE_LIMITED", "slow down", retry_after_ms=1_001), "2"),
        (ErrorBody("UNAVAILABLE", "later", retry_after_ms=1), "1"),
        (ErrorBody("UNAVAILABLE", "later"), "1"),
        (ErrorBody("SOLD_OUT", "gone"), None),
    ],
)
def test_retry_after_is_in_whole_seconds_and_never_too_short(
    error: ErrorBody, seconds: str | None
) -> None:
    assert problem_response(error).headers.get("retry-after") == seconds


def test_missing_token_is_asked_for_as_http_asks() -> None:
    response = problem_response(ErrorBody("BAD_TOKEN", "a token is required"))
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_unknown_code_is_our_failure() -> None:
    assert problem_response(ErrorBody("NEW", "?")).status_code == 500
