"""What SQL knows and Redis does not: told as lost, and never as unknown.

`kaibo rebuild` brings it back; until then it can be neither bought nor made anew, because its units
would be sold again.
"""

import asyncio
from collections.abc import Iterable

from inventory.codes import Outcome
from inventory.hold import LIVE_STATES
from inventory.store import Result
from server.handlers.parts import HandlerParts
from server.refusals import refusal
from server.tokens import Caller
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody

RETRY_AFTER_MS = 5_000


def lost(what: str) -> ErrorBody:
    return ErrorBody(
        code=ErrorCode.STATE_LOST,
        message=f"this {what} is in SQL, but Redis has lost it; it comes back once an operator runs"
        " `kaibo rebuild`",
        retry_after_ms=RETRY_AFTER_MS,
    )


async def refused(
    parts: HandlerParts, caller: Caller, result: Result, sale_ids: Iterable[str]
) -> ErrorBody:
    """The error for a `result` that refused; of an unknown sale SQL is asked."""
    if result.outcome is Outcome.UNKNOWN_SALE:
        known = asyncio.to_thread(_any_lost, parts, caller.room_id, list(sale_ids))
        if await known:
            return lost("sale")
    return refusal(result)


async def refused_hold(
    parts: HandlerParts, caller: Caller, result: Result, hold_id: str
) -> ErrorBody:
    """The same about a hold: of an unknown one of the caller's SQL is asked."""
    if result.outcome is Outcome.UNKNOWN_HOLD:
        order = await asyncio.to_thread(parts.ledger.hold, caller.room_id, hold_id)
        is_theirs = order is not None and order.buyer_id == caller.user_id
        if order is not None and is_theirs and order.state in LIVE_STATES:
            return lost("reservation")
    return refusal(result)


def _any_lost(parts: HandlerParts, room_id: str, sale_ids: list[str]) -> bool:
    present = parts.ledger.statements.sales_of(room_id)
    return any(sale_id in present for sale_id in sale_ids)
