"""A host's sales: create, start, end, restock. Viewers hear of them through the outbox relay."""

from inventory.codes import Outcome
from inventory.store import Result, SaleTerms
from server.handlers.parts import HandlerParts
from server.handlers.showroom import unknown_product
from server.refusals import refusal
from server.tokens import Caller
from server.views import sale_view
from server.wire.commands import EndSale, PutSale, Restock, SaleReply, StartSale
from server.wire.events import ErrorBody

_DONE = {
    Outcome.CREATED,
    Outcome.STARTED,
    Outcome.STOPPED,
    Outcome.RESTOCKED,
    Outcome.REPLAYED,
}


def _answer(result: Result) -> SaleReply | ErrorBody:
    if result.outcome not in _DONE:
        return refusal(result)
    return SaleReply(sale=sale_view(result.pools[0]))


async def put_sale(parts: HandlerParts, caller: Caller, command: PutSale) -> SaleReply | ErrorBody:
    refused = await unknown_product(parts, caller.room_id, command.product_id)
    if refused is not None:
        return refused
    terms = SaleTerms(
        sale_id=command.sale_id,
        product_id=command.product_id,
        price_cents=command.price_cents,
        total_units=command.total_units,
        per_buyer_max=command.per_buyer_max,
        hold_duration_ms=command.hold_duration_s * 1000,
    )
    return _answer(await parts.store.put_sale(caller.room_id, terms))


async def start_sale(
    parts: HandlerParts, caller: Caller, command: StartSale
) -> SaleReply | ErrorBody:
    return _answer(
        await parts.store.start_sale(
            caller.room_id,
            command.sale_id,
            countdown_ms=command.countdown_s * 1000,
            duration_ms=command.duration_s * 1000,
        )
    )


async def end_sale(parts: HandlerParts, caller: Caller, command: EndSale) -> SaleReply | ErrorBody:
    return _answer(await parts.store.end_sale(caller.room_id, command.sale_id))


async def restock(parts: HandlerParts, caller: Caller, command: Restock) -> SaleReply | ErrorBody:
    return _answer(
        await parts.store.restock(
            caller.room_id, command.restock_id, command.sale_id, command.units
        )
    )
