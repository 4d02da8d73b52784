"""Reading orders: one's own, or as a host all of the room's.

Lists come from the ledger, which is a moment behind; a single order comes from the store while it
remembers it, so that a buyer who has just paid sees it paid.

A list is a page: `before` names the last order of one page and asks for the next. The totals beside
it are of all orders that the pages are of.
"""

import asyncio

from inventory.hold import Hold
from server.http.calls import Call
from server.http.replies import OrderReply, OrdersReply, RefundsReply
from server.views import hold_view, refund_view
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody
from server.wire.views import RefundView

OWN_MAX = 50
ALL_MAX = 500
REFUNDS_MAX = 500

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
    return OrdersReply(
        orders=[hold_view(hold) for hold in holds],
        currency=_currency(call),
        refunds=_refunds_of(call, [hold.hold_id for hold in holds]),
        paid_count=paid.count,
        paid_cents=paid.cents,
    )


async def get_order(call: Call) -> OrderReply | ErrorBody:
    room_id, hold_id = call.path["room_id"], call.path["reservation_id"]
    hold = await call.parts.store.hold(room_id, hold_id)
    if hold is None:
        hold = await asyncio.to_thread(call.parts.ledger.hold, room_id, hold_id)
    caller = call.known_caller
    # Another buyer's order is answered like one that does not exist: ids tell nothing.
    if hold is None or (caller.role != "host" and hold.buyer_id != caller.user_id):
        return _no_order(hold_id)
    return await asyncio.to_thread(_reply, call, hold)


def _reply(call: Call, hold: Hold) -> OrderReply:
    """Blocks."""
    refunds = _refunds_of(call, [hold.hold_id])
    return OrderReply(order=hold_view(hold), currency=_currency(call), refunds=refunds)


async def list_refunds(call: Call) -> RefundsReply:
    """All of the room's, for its host: those too that belong to no order."""
    found = await asyncio.to_thread(call.parts.refunds.of_room, call.path["room_id"], REFUNDS_MAX)
    return RefundsReply(refunds=[refund_view(refund, for_host=True) for refund in found])


def _refunds_of(call: Call, hold_ids: list[str]) -> list[RefundView]:
    for_host = call.known_caller.role == "host"
    found = call.parts.refunds.of_holds(call.path["room_id"], hold_ids)
    return [refund_view(refund, for_host=for_host) for refund in found]


def _currency(call: Call) -> str:
    """The room's: it cannot change once there are sales, so it is every order's."""
    room = call.parts.catalogue.room(call.path["room_id"])
    return room.currency if room else ""


def _no_order(hold_id: str) -> ErrorBody:
    message = f"you have no order {hold_id[:64]!r} in this room"
    return ErrorBody(code="UNKNOWN_HOLD", message=message)
