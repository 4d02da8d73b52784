"""A buyer's side: reserve, cancel, start paying, and what one has."""

import asyncio

from inventory.codes import Outcome
from inventory.hold import Hold, HoldState, WantedLine
from inventory.payments.port import Checkout, CheckoutRefused, new_checkout_id
from inventory.store import Result
from server.handlers.losses import refused, refused_hold
from server.handlers.parts import HandlerParts
from server.tokens import Caller
from server.views import hold_view
from server.wire.buying import (
    Cancel,
    HoldReply,
    Holds,
    HoldsReply,
    Pay,
    PayPage,
    Reserve,
    Reserved,
)
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody

HOLDS_SHOWN_MAX = 50
_RESERVED = (Outcome.HELD, Outcome.WAITING, Outcome.REPLAYED)
_GIVEN_BACK = (Outcome.CANCELLED, Outcome.LEFT, Outcome.REPLAYED)


async def reserve(parts: HandlerParts, caller: Caller, command: Reserve) -> Reserved | ErrorBody:
    wanted = [WantedLine(line.sale_id, line.quantity) for line in command.lines]
    result = await parts.store.reserve(
        caller.room_id,
        command.reservation_id,
        caller.user_id,
        wanted,
        or_wait=command.or_wait,
    )
    if result.outcome not in _RESERVED or result.hold is None:
        return await refused(parts, caller, result, (line.sale_id for line in wanted))
    return reserved(parts, caller, result)


def reserved(parts: HandlerParts, caller: Caller, result: Result) -> Reserved:
    """The answer to who has a hold."""
    assert result.hold is not None
    return Reserved(
        hold=hold_view(result.hold),
        replayed=result.outcome is Outcome.REPLAYED,
        durability=result.durability.value,
        receipt=_receipt(parts, caller, result),
    )


def _receipt(parts: HandlerParts, caller: Caller, result: Result) -> str | None:
    """Only what is held can be given back: the rest has no units."""
    if result.hold is None or result.hold.state is not HoldState.HELD:
        return None
    return parts.receipts.sign(caller.room_id, result.hold, result.epoch_ms)


async def cancel(parts: HandlerParts, caller: Caller, command: Cancel) -> HoldReply | ErrorBody:
    result = await parts.store.cancel(caller.room_id, command.reservation_id, caller.user_id)
    if result.outcome not in _GIVEN_BACK or result.hold is None:
        return await refused_hold(parts, caller, result, command.reservation_id)
    return HoldReply(hold=hold_view(result.hold), durability=result.durability.value)


async def pay(parts: HandlerParts, caller: Caller, command: Pay) -> PayPage | ErrorBody:
    result = await parts.store.extend(caller.room_id, command.reservation_id, caller.user_id)
    extended = (Outcome.EXTENDED, Outcome.ALREADY_EXTENDED)
    if result.outcome not in extended or result.hold is None:
        return await refused_hold(parts, caller, result, command.reservation_id)
    url = await parts.provider.start(await _checkout(parts, caller, result.hold))
    if isinstance(url, CheckoutRefused):
        return ErrorBody(code=ErrorCode.PAYMENT_REFUSED, message=url.reason)
    return PayPage(
        hold=hold_view(result.hold),
        pay_url=url,
        durability=result.durability.value,
        receipt=_receipt(parts, caller, result),
    )


async def _checkout(parts: HandlerParts, caller: Caller, hold: Hold) -> Checkout:
    room = await asyncio.to_thread(parts.catalogue.room, caller.room_id)
    products = await asyncio.to_thread(parts.catalogue.products, caller.room_id)
    assert room is not None  # dispatch has seen it
    titles = {product.product_id: product.title for product in products}
    bought = (f"{line.quantity} x {titles[line.product_id]}" for line in hold.lines)
    return Checkout(
        checkout_id=new_checkout_id(),
        room_id=caller.room_id,
        hold_id=hold.hold_id,
        buyer_id=caller.user_id,
        amount_cents=hold.amount_cents,
        currency=room.currency,
        description=", ".join(bought),
        return_url=f"{parts.public_url}/r/{caller.room_id}?order={hold.hold_id}",
        deadline_ms=hold.deadline_ms,
    )


async def holds(parts: HandlerParts, caller: Caller, command: Holds) -> HoldsReply:
    found = await asyncio.to_thread(
        parts.ledger.orders_of, caller.room_id, caller.user_id, HOLDS_SHOWN_MAX
    )
    return HoldsReply(holds=[hold_view(hold) for hold in found])
