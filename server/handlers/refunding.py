"""A host pays an order back. What becomes of the money is told by the order's refund."""

from inventory.codes import Outcome
from server.handlers.losses import lost
from server.handlers.parts import HandlerParts
from server.refusals import refusal_of
from server.tokens import Caller
from server.views import refund_view
from server.wire.commands import Refund, RefundReply
from server.wire.events import ErrorBody


async def refund(parts: HandlerParts, caller: Caller, command: Refund) -> RefundReply | ErrorBody:
    told = await parts.host_refunds.ask(
        caller.room_id, command.reservation_id, restock=command.restock
    )
    if told is Outcome.UNKNOWN_SALE:
        return lost("order")
    if isinstance(told, Outcome):
        return refusal_of(told)
    return RefundReply(refund=refund_view(told, for_host=True))
