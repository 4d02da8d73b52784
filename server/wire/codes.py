"""Error codes and close codes of protocol v1.

Error codes that are an inventory outcome (SOLD_OUT, USER_LIMIT, ...) carry the same word as
`inventory.codes.Outcome`; the ones here are those that only the wire knows.
"""

from enum import IntEnum, StrEnum


class ErrorCode(StrEnum):
    """Why a command was refused; it changed nothing."""

    BAD_MESSAGE = "BAD_MESSAGE"  # not [op, id, body]
    UNKNOWN_OP = "UNKNOWN_OP"
    BAD_FIELD = "BAD_FIELD"  # a field is missing, unknown, of the wrong type or out of range
    BAD_TOKEN = "BAD_TOKEN"  # noqa: S105 - a code, not a secret
    FORBIDDEN = "FORBIDDEN"  # this role or room may not do that
    NOT_FOUND = "NOT_FOUND"
    UNKNOWN_ROOM = "UNKNOWN_ROOM"
    UNKNOWN_PRODUCT = "UNKNOWN_PRODUCT"
    UNKNOWN_COMMENT = "UNKNOWN_COMMENT"
    UNKNOWN_POLL = "UNKNOWN_POLL"
    UNKNOWN_QUESTION = "UNKNOWN_QUESTION"
    MUTED = "MUTED"
    BLOCKED_WORDS = "BLOCKED_WORDS"
    SLOW_MODE = "SLOW_MODE"
    POLL_OPEN = "POLL_OPEN"  # another poll is
    POLL_CLOSED = "POLL_CLOSED"
    ALREADY_VOTED = "ALREADY_VOTED"
    BAD_RECEIPT = "BAD_RECEIPT"  # not one of ours, changed, or of another room or buyer
    UNKNOWN_STEP = "UNKNOWN_STEP"
    CHANGED_MEANWHILE = "CHANGED_MEANWHILE"  # by another host: look again
    PAYMENT_REFUSED = "PAYMENT_REFUSED"  # the payment provider will never take it as it is
    LIMIT_REACHED = "LIMIT_REACHED"  # the room, or you, has as many of these as it may
    RATE_LIMITED = "RATE_LIMITED"
    TOO_MANY_IN_FLIGHT = "TOO_MANY_IN_FLIGHT"
    TOO_LARGE = "TOO_LARGE"
    UNAVAILABLE = "UNAVAILABLE"  # a store is away; retry with the same id
    STATE_LOST = "STATE_LOST"  # SQL knows it and Redis does not: an operator must restore Redis
    INTERNAL = "INTERNAL"


class CloseCode(IntEnum):
    """WebSocket close codes. 4000-4499: reconnect with full-jitter backoff. 4500-4999: do not."""

    GOING_AWAY = 1001
    INVALID_DATA = 1007
    TOO_BIG = 1009
    RESTART = 1012
    SLOW = 4008
    STATE_LOST = 4010
    NO_PONG = 4012
    RATE = 4029
    BAD_TOKEN = 4500
    BAD_MESSAGE = 4501
    TOO_MANY = 4504
    FORBIDDEN = 4507
    UNKNOWN_ROOM = 4508


RECONNECT_MIN, RECONNECT_MAX = 4000, 4499
FINAL_MIN, FINAL_MAX = 4500, 4999
