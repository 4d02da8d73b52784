"""The room itself: its title and video, its products, and which one is pinned."""

import asyncio

from inventory.ledger.catalogue import Product, Room
from server.handlers.parts import HandlerParts
from server.publishing import outgoing
from server.shown_text import shown
from server.tokens import Caller
from server.views import product_view, room_view
from server.wire.codes import ErrorCode
from server.wire.commands import (
    Done,
    OrderProducts,
    Pin,
    ProductReply,
    PutProduct,
    PutRoom,
    RoomReply,
)
from server.wire.events import ErrorBody, PinEvent, ProductEvent, ProductOrderEvent, RoomEvent

FIRST_CURRENCY = "CNY"  # of a room that was opened without one


async def put_room(parts: HandlerParts, caller: Caller, command: PutRoom) -> RoomReply | ErrorBody:
    title = shown(command.title, "title")
    if isinstance(title, ErrorBody):
        return title
    currency = await _currency(parts, caller.room_id, command.currency)
    if isinstance(currency, ErrorBody):
        return currency
    room = Room(
        room_id=caller.room_id,
        title=title,
        video_url=command.video_url,
        currency=currency,
    )
    async with parts.sql_writes.open():
        await asyncio.to_thread(parts.catalogue.put_room, room)
    view = room_view(room)
    await parts.broker.publish(caller.room_id, [outgoing(RoomEvent(room=view))])
    return RoomReply(room=view)


async def _currency(parts: HandlerParts, room_id: str, asked: str | None) -> str | ErrorBody:
    """The room's currency from now on. Prices are numbers, so once a sale has one it stays."""
    present = await asyncio.to_thread(parts.catalogue.room, room_id)
    if present is None or asked is None or asked == present.currency:
        return asked or (present.currency if present else FIRST_CURRENCY)
    had_sales = await asyncio.to_thread(parts.ledger.has_sales, room_id)
    if not had_sales and not await parts.store.pools(room_id):
        return asked
    return ErrorBody(
        code=ErrorCode.BAD_FIELD,
        message=f"$.currency: the room has sales in {present.currency}, so it cannot change to"
        f" {asked}; open another room for it",
        field="$.currency",
    )


async def put_product(
    parts: HandlerParts, caller: Caller, command: PutProduct
) -> ProductReply | ErrorBody:
    title = shown(command.title, "title")
    if isinstance(title, ErrorBody):
        return title
    product = Product(
        room_id=caller.room_id,
        product_id=command.product_id,
        title=title,
        picture_url=command.picture_url,
        list_price_cents=command.list_price_cents,
    )
    async with parts.sql_writes.open():
        await asyncio.to_thread(parts.catalogue.put_product, product)
    view = product_view(product)
    await parts.broker.publish(caller.room_id, [outgoing(ProductEvent(product=view))])
    return ProductReply(product=view)


async def pin(parts: HandlerParts, caller: Caller, command: Pin) -> Done | ErrorBody:
    if command.product_id is not None:
        refused = await unknown_product(parts, caller.room_id, command.product_id)
        if refused is not None:
            return refused
    event = outgoing(
        PinEvent(product_id=command.product_id),
        remember=(("pinned", command.product_id or ""),),
    )
    await parts.broker.publish(caller.room_id, [event])
    await parts.counting.mark(
        caller.room_id, "pin" if command.product_id else "unpin", command.product_id or ""
    )
    return Done()


async def order_products(
    parts: HandlerParts, caller: Caller, command: OrderProducts
) -> Done | ErrorBody:
    for product_id in command.product_ids:
        refused = await unknown_product(parts, caller.room_id, product_id)
        if refused is not None:
            return refused
    event = outgoing(
        ProductOrderEvent(product_ids=command.product_ids),
        remember=(("order", " ".join(command.product_ids)),),
    )
    await parts.broker.publish(caller.room_id, [event])
    return Done()


async def unknown_product(parts: HandlerParts, room_id: str, product_id: str) -> ErrorBody | None:
    """The refusal if the room has no such product, else None."""
    if await asyncio.to_thread(parts.catalogue.product, room_id, product_id):
        return None
    return ErrorBody(
        code=ErrorCode.UNKNOWN_PRODUCT, message=f"there is no product {product_id} in this room"
    )
