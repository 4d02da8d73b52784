"""Refusals in words: what an outcome or a failed store tells the client, and what to do next."""

from inventory.codes import Outcome
from inventory.store import Result
from server.wire.events import ErrorBody

_WORDS = {
    Outcome.KEY_REUSED: "this id was used before with other content; use a new id",
    Outcome.STALE_ID: "this id's time is too old or in the future; make a new UUIDv7 now",
    Outcome.STALE_EPOCH: "the server's memory was lost since this id was made: show the receipt if"
    " you have one, else use a new id",
    Outcome.UNKNOWN_SALE: "there is no such sale in this room",
    Outcome.UNKNOWN_HOLD: "you have no such reservation in this room",
    Outcome.NOT_STARTED: "the sale has not started",
    Outcome.ENDED: "the sale has ended",
    Outcome.PAUSED: "the sale is paused; try again soon",
    Outcome.USER_LIMIT: "that is more than one buyer may have",
    Outcome.SOLD_OUT: "sold out",
    Outcome.ALREADY_WAITING: "you are on this sale's waitlist already",
    Outcome.WAITLIST_FULL: "sold out, and the waitlist is full",
    Outcome.NOT_PAID: "this order is not paid, so there is nothing to refund",
    Outcome.NOT_HELD: "this reservation is no longer held",
    Outcome.ALREADY_STARTED: "the sale was started before",
    Outcome.CUT_TOO_DEEP: "only units that nobody holds can be cut",
    Outcome.TOO_MANY_SALES: "the room has as many sales as it may; those that ended go after a day",
    Outcome.BROKEN: "the stock did not add up, so the sale is paused; run `kaibo audit`",
}


def refusal(result: Result) -> ErrorBody:
    """The error for a `result` that refused."""
    pool = result.pools[0] if result.pools else None
    message = _WORDS[result.outcome]
    if result.outcome is Outcome.SOLD_OUT and pool is not None and pool.available > 0:
        message = f"only {pool.available} left"
    return ErrorBody(
        code=result.outcome.value,
        message=message,
        starts_at_ms=pool.starts_at_ms if pool else None,
        available=pool.available if pool else None,
        retry_after_ms=1_000 if result.outcome is Outcome.PAUSED else None,
    )


def refusal_of(outcome: Outcome) -> ErrorBody:
    """The error for an outcome that refused and concerns no sale."""
    return ErrorBody(code=outcome.value, message=_WORDS[outcome])
