"""Reading orders: one's own, or as a host all of the room's.

Lists come from the ledger, which is a moment behind; a single order comes from the store while it
remembers it, so that a buyer who has just paid sees it paid.
"""

import asyncio

from inventory.hold import Hold
from server.http.calls import Call
from server.http.replies import OrderReply, OrdersReply
from server.views import hold_view
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody

OWN_MAX = 50
ALL_MAX = 500

_ALL = {"true": True, "false": False}


async def list_orders(call: Call) -> OrdersReply | ErrorBody:
    everyone = _ALL.get(call.query.get("all", "false"))
    if everyone is None:
        return ErrorBody(code=ErrorCode.BAD_FIELD, message="all: true or false", field="all")
    if everyone and call.known_caller.role != "host":
        return ErrorBody(code=ErrorCode.FORBIDDEN, message="only a host may see all orders")
    return OrdersReply([hold_view(hold) for hold in await _holds(call, everyone)])


async def _holds(call: Call, everyone: bool) -> list[Hold]:
    ledger, room_id = call.parts.ledger, call.path["room_id"]
    if everyone:
        return await asyncio.to_thread(ledger.orders, room_id, ALL_MAX)
    return await asyncio.to_thread(ledger.orders_of, room_id, call.known_caller.user_id, OWN_MAX)


async def get_order(call: Call) -> OrderReply | ErrorBody:
    room_id, hold_id = call.path["room_id"], call.path["reservation_id"]
    hold = await call.parts.store.hold(room_id, hold_id)
    if hold is None:
        hold = await asyncio.to_thread(call.parts.ledger.hold, room_id, hold_id)
    caller = call.known_caller
    # Another buyer's order is answered like one that does not exist: ids tell nothing.
    if hold is None or (caller.role != "host" and hold.buyer_id != caller.user_id):
        message = f"you have no order {hold_id[:64]!r} in this room"
        return ErrorBody(code="UNKNOWN_HOLD", message=message)
    return OrderReply(hold_view(hold))
