"""Reading orders: one's own, or as a host all of the room's.

Lists come from the ledger, which is a moment behind; a single order comes from the store while it
remembers it, so that a buyer who has just paid sees it paid.

A list is a page: `before` names the last order of one page and asks for the next. The totals beside
it are of all orders that the pages are of.
"""

import asyncio

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
    return await asyncio.to_thread(_listed, call, None if everyone else call.known_caller.user_id)


def _listed(call: Call, buyer_id: str | None) -> OrdersReply | ErrorBody:
    """A page of the buyer's orders, or of everybody's. Blocks."""
    ledger, room_id = call.parts.ledger, call.path["room_id"]
    before = None
    if (before_id := call.query.get("before")) is not None:
        before = ledger.hold(room_id, before_id)
        if before is None or buyer_id not in (None, before.buyer_id):
            return _no_order(before_id)
    if buyer_id is None:
        holds = ledger.orders(room_id, ALL_MAX, before)
    else:
        holds = ledger.orders_of(room_id, buyer_id, OWN_MAX, before)
    paid = ledger.paid_totals(room_id, buyer_id)
    return OrdersReply([hold_view(hold) for hold in holds], paid.count, paid.cents)


async def get_order(call: Call) -> OrderReply | ErrorBody:
    room_id, hold_id = call.path["room_id"], call.path["reservation_id"]
    hold = await call.parts.store.hold(room_id, hold_id)
    if hold is None:
        hold = await asyncio.to_thread(call.parts.ledger.hold, room_id, hold_id)
    caller = call.known_caller
    # Another buyer's order is answered like one that does not exist: ids tell nothing.
    if hold is None or (caller.role != "host" and hold.buyer_id != caller.user_id):
        return _no_order(hold_id)
    return OrderReply(hold_view(hold))


def _no_order(hold_id: str) -> ErrorBody:
    message = f"you have no order {hold_id[:64]!r} in this room"
    return ErrorBody(code="UNKNOWN_HOLD", message=message)
