"""A host's sales: create, start, end, restock. Viewers hear of them through the outbox relay."""

import asyncio

from inventory.codes import Outcome
from inventory.store import Result, SaleTerms
from server.handlers.losses import lost, refused
from server.handlers.parts import HandlerParts
from server.handlers.showroom import unknown_product
from server.refusals import refusal
from server.tokens import Caller
from server.views import sale_view
from server.wire.commands import (
    EndSale,
    PauseSale,
    PutSale,
    Restock,
    ResumeSale,
    SaleReply,
    StartSale,
)
from server.wire.events import ErrorBody

_DONE = {
    Outcome.CREATED,
    Outcome.STARTED,
    Outcome.STOPPED,
    Outcome.SALE_PAUSED,
    Outcome.SALE_RESUMED,
    Outcome.RESTOCKED,
    Outcome.REPLAYED,
}


def _answer(result: Result) -> SaleReply | ErrorBody:
    if result.outcome not in _DONE:
        return refusal(result)
    return SaleReply(sale=sale_view(result.pools[0]))


async def _of_sale(
    parts: HandlerParts, caller: Caller, sale_id: str, result: Result
) -> SaleReply | ErrorBody:
    """The same of a sale that must be there: one that Redis has lost is not unknown."""
    if result.outcome is Outcome.UNKNOWN_SALE:
        return await refused(parts, caller, result, [sale_id])
    return _answer(result)


async def put_sale(parts: HandlerParts, caller: Caller, command: PutSale) -> SaleReply | ErrorBody:
    unknown = await unknown_product(parts, caller.room_id, command.product_id)
    if unknown is not None:
        return unknown
    terms = SaleTerms(
        sale_id=command.sale_id,
        product_id=command.product_id,
        price_cents=command.price_cents,
        total_units=command.total_units,
        per_buyer_max=command.per_buyer_max,
        hold_duration_ms=command.hold_duration_s * 1000,
    )
    its_name = (caller.room_id, command.sale_id)
    is_known = await asyncio.to_thread(parts.ledger.knows_sale, *its_name)
    result = await parts.store.put_sale(caller.room_id, terms, may_create=not is_known)
    if is_known and result.outcome is Outcome.UNKNOWN_SALE:
        return _gone(await asyncio.to_thread(parts.ledger.has_archived, *its_name))
    return _answer(result)


def _gone(is_archived: bool) -> ErrorBody:
    """SQL knows the sale and Redis does not: to create it would sell its units again."""
    if is_archived:
        message = "this sale is over and its id is used up; use a new id"
        return ErrorBody(code=Outcome.KEY_REUSED.value, message=message)
    return lost("sale")


async def start_sale(
    parts: HandlerParts, caller: Caller, command: StartSale
) -> SaleReply | ErrorBody:
    result = await parts.store.start_sale(
        caller.room_id,
        command.sale_id,
        countdown_ms=command.countdown_s * 1000,
        duration_ms=command.duration_s * 1000,
    )
    return await _of_sale(parts, caller, command.sale_id, result)


async def end_sale(parts: HandlerParts, caller: Caller, command: EndSale) -> SaleReply | ErrorBody:
    result = await parts.store.end_sale(caller.room_id, command.sale_id)
    return await _of_sale(parts, caller, command.sale_id, result)


async def pause_sale(
    parts: HandlerParts, caller: Caller, command: PauseSale
) -> SaleReply | ErrorBody:
    result = await parts.store.pause_sale(caller.room_id, command.sale_id)
    return await _of_sale(parts, caller, command.sale_id, result)


async def resume_sale(
    parts: HandlerParts, caller: Caller, command: ResumeSale
) -> SaleReply | ErrorBody:
    result = await parts.store.resume_sale(caller.room_id, command.sale_id)
    return await _of_sale(parts, caller, command.sale_id, result)


async def restock(parts: HandlerParts, caller: Caller, command: Restock) -> SaleReply | ErrorBody:
    result = await parts.store.restock(
        caller.room_id, command.restock_id, command.sale_id, command.units
    )
    return await _of_sale(parts, caller, command.sale_id, result)
