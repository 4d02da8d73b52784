"""Holds that were lost with Redis come back by their receipts.

SQL comes first. What it knows, `kaibo rebuild` brings back; a receipt is for what nobody knows any
more. To readmit what SQL knows as well would count its units twice.
"""

import asyncio

from inventory.codes import Outcome
from inventory.hold import LIVE_STATES, Hold
from server.handlers.buying import reserved
from server.handlers.losses import lost, refused
from server.handlers.parts import HandlerParts
from server.tokens import Caller
from server.views import hold_view
from server.wire.buying import Readmit, Reserved
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody

_GIVEN_BACK = (Outcome.READMITTED, Outcome.REPLAYED)
# Its units are somebody else's by now: what was paid for it goes back.
_GONE_FOR_GOOD = (Outcome.SOLD_OUT, Outcome.USER_LIMIT, Outcome.STALE_ID)


async def readmit(parts: HandlerParts, caller: Caller, command: Readmit) -> Reserved | ErrorBody:
    told = parts.receipts.read(command.receipt)
    if told is None or (told.room_id, told.buyer_id) != (caller.room_id, caller.user_id):
        message = "this is no receipt of yours in this room"
        return ErrorBody(code=ErrorCode.BAD_RECEIPT, message=message)
    order = await asyncio.to_thread(parts.ledger.hold, caller.room_id, told.hold_id)
    if order is not None:
        return await _known(parts, caller, order)
    result = await parts.store.readmit(caller.room_id, told.hold)
    if result.outcome in _GIVEN_BACK or result.outcome in _GONE_FOR_GOOD:
        # Again each time, because the first time may have been interrupted before this.
        await asyncio.to_thread(parts.lost_payments.reopen, caller.room_id, [told.hold_id])
    if result.outcome not in _GIVEN_BACK or result.hold is None:
        return await refused(parts, caller, result, (line.sale_id for line in told.lines))
    return reserved(parts, caller, result)


async def _known(parts: HandlerParts, caller: Caller, order: Hold) -> Reserved | ErrorBody:
    """What became of a hold that SQL knows: as Redis has it, or else, if it is over, as SQL has."""
    hold = await parts.store.hold(caller.room_id, order.hold_id)
    if hold is None and order.state in LIVE_STATES:
        return lost("reservation")
    if hold is not None and hold.state in LIVE_STATES:
        await asyncio.to_thread(parts.lost_payments.reopen, caller.room_id, [order.hold_id])
    return Reserved(hold=hold_view(hold or order), replayed=True, durability="memory")
