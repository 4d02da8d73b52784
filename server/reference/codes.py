"""Every error code and close code in words: what it means and what a client should do.

The words live here because a type cannot say them; `require_same` refuses the page when a code is
missing or no longer exists.
"""

from inventory.codes import Outcome
from server.http.problems import STATUS
from server.reference.markdown import require_same, table
from server.wire.codes import CloseCode

# A success to whoever pays: never sent as an error.
NEVER_SENT = {Outcome.ALREADY_EXTENDED.value}

ERRORS: dict[str, tuple[str, str]] = {
    "BAD_MESSAGE": ("not `[op, id, body]`, or no JSON where JSON is due", "correct the client"),
    "UNKNOWN_OP": ("no such command", "correct the client"),
    "BAD_FIELD": ("`field` is missing, unknown, of a wrong type or out of range", "correct it"),
    "BAD_TOKEN": ("no token, or one that is unreadable or has expired", "get a new token"),
    "FORBIDDEN": ("not for this room or role, or you are banned", "use the right token"),
    "NOT_FOUND": ("nothing is at this address", "correct the address"),
    "UNKNOWN_ROOM": ("the room does not exist", "stop"),
    "UNKNOWN_PRODUCT": ("the product does not exist", "reload the room"),
    "UNKNOWN_COMMENT": ("no such comment, or it is too old or was removed", "reload the room"),
    "UNKNOWN_POLL": ("no such poll, or another took its place", "reload the room"),
    "UNKNOWN_QUESTION": ("no such open question; it may have been answered", "reload the room"),
    "MUTED": ("you may not speak for `retry_after_ms`", "say so"),
    "BLOCKED_WORDS": ("the text, or your name, has a word the room does not allow", "say so"),
    "SLOW_MODE": ("your last comment was too short a while ago", "wait `retry_after_ms`"),
    "POLL_OPEN": ("another poll is open", "close it first"),
    "POLL_CLOSED": ("the poll is closed", "show its result"),
    "ALREADY_VOTED": ("you voted for `option`, for good", "show your vote"),
    "BAD_RECEIPT": ("not a receipt of this room, server and user, unchanged", "throw it away"),
    "UNKNOWN_STEP": ("the run-of-show has no such step", "ask for `rundown`"),
    "CHANGED_MEANWHILE": ("another host changed it since `version`", "ask for it, change that"),
    "PAYMENT_REFUSED": (
        "the payment provider will never take this payment as it is",
        "show the message",
    ),
    "LIMIT_REACHED": ("the room, or you, has as many of these as it may", "say so"),
    "RATE_LIMITED": ("too many commands or comments", "wait `retry_after_ms`"),
    "TOO_MANY_IN_FLIGHT": ("too many commands await answers", "wait for an answer"),
    "TOO_LARGE": ("the HTTP body is over its limit", "send less"),
    "UNAVAILABLE": (
        "a store does not answer; whether the command took effect is unknown",
        "wait `retry_after_ms`, repeat with the same id",
    ),
    "STATE_LOST": (
        "SQL knows it and Redis has lost it; an operator has to restore Redis",
        "repeat later, with the same id or receipt",
    ),
    "INTERNAL": ("the server failed and logged it", "repeat later, with the same id"),
    "METHOD_NOT_ALLOWED": ("HTTP only: not for this address", "see the `Allow` header"),
    "UNSUPPORTED_MEDIA_TYPE": ("HTTP only: the body is not JSON", "send `application/json`"),
    "HEAD_TOO_LARGE": ("HTTP only: the head is over its limit", "send less"),
    "KEY_REUSED": ("the id was used with other content, or by another", "make a new id"),
    "STALE_ID": ("the time inside the id is too old or in the future", "make a new id"),
    "STALE_EPOCH": (
        "the id was made before Redis was lost, and nothing is known of it",
        "`readmit` the receipt if there is one, else make a new id",
    ),
    "UNKNOWN_SALE": ("the room has no such sale", "reload the room"),
    "UNKNOWN_HOLD": ("you have no such reservation in this room", "show your orders anew"),
    "NOT_STARTED": ("the sale opens at `starts_at_ms`, or no time is set yet", "wait for it"),
    "ENDED": ("the sale is over", "say so"),
    "PAUSED": ("the sale is paused", "wait `retry_after_ms`, repeat with the same id"),
    "USER_LIMIT": ("more than one buyer may hold and have", "say so"),
    "SOLD_OUT": ("fewer are `available` than asked for; may change", "offer what is left"),
    "ALREADY_WAITING": ("you are on the sale's waitlist", "show your place"),
    "WAITLIST_FULL": ("sold out, and nobody can wait any more", "say so"),
    "NOT_PAID": ("the order is not paid", "show the order as it is"),
    "NOT_HELD": ("paid, cancelled or expired already", "show the order as it is"),
    "ALREADY_STARTED": ("the sale was started before", "reload the room"),
    "CUT_TOO_DEEP": ("fewer units are `available` than are to be cut", "cut less"),
    "TOO_MANY_SALES": ("the room has as many sales as it may", "end those that are not needed"),
    "BROKEN": ("the stock does not add up; the sale was paused", "tell the operator"),
}

CLOSES: dict[CloseCode, tuple[str, str]] = {
    CloseCode.GOING_AWAY: ("reserved; a browser leaving the page sends it", "reconnect"),
    CloseCode.INVALID_DATA: ("text that is not UTF-8", "correct the client"),
    CloseCode.TOO_BIG: ("a message over the limit, or in too many fragments", "correct the client"),
    CloseCode.RESTART: (
        "the server restarts, or a store is away",
        "reconnect; a reason `retry_after_ms=N` says when",
    ),
    CloseCode.SLOW: (
        "too far behind; when even this cannot be sent you see 1006",
        "reconnect with `since`",
    ),
    CloseCode.STATE_LOST: (
        "the room's stream was lost, and what you know no longer leads on",
        "reconnect; you will get the room anew",
    ),
    CloseCode.NO_PONG: ("no answer to the server's ping", "reconnect"),
    CloseCode.RATE: ("commands went on over the rate, or too many frames", "slow down, reconnect"),
    CloseCode.BAD_TOKEN: ("no token, or an unreadable or expired one", "get a new token first"),
    CloseCode.BAD_MESSAGE: ("not this protocol: undecodable, or no array", "correct the client"),
    CloseCode.TOO_MANY: (
        "the user opened more connections to this room; the oldest is closed",
        "stop: a newer one is in use",
    ),
    CloseCode.FORBIDDEN: (
        "the token is for another room, or its user is banned from this one",
        "get this room's token first",
    ),
    CloseCode.UNKNOWN_ROOM: ("the room does not exist", "stop"),
}


def error_table() -> str:
    require_same("ERRORS in codes.py", ERRORS, set(map(str, STATUS)) - NEVER_SENT)
    rows = [
        [f"`{code}`", str(STATUS[code]), meaning, advice]
        for code, (meaning, advice) in ERRORS.items()
    ]
    return table(["code", "HTTP", "meaning", "what to do"], rows)


def close_table() -> str:
    require_same("CLOSES in codes.py", CLOSES, CloseCode)
    rows = [[str(code.value), meaning, advice] for code, (meaning, advice) in CLOSES.items()]
    return table(["code", "meaning", "what to do"], rows)
