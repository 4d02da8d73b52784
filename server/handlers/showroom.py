"""The room itself: its title and video, its products, and which one is pinned."""

import asyncio

from inventory.ledger.catalogue import Product, Room
from server.handlers.parts import HandlerParts
from server.publishing import outgoing
from server.tokens import Caller
from server.views import product_view, room_view
from server.wire.codes import ErrorCode
from server.wire.commands import Done, Pin, ProductReply, PutProduct, PutRoom, RoomReply
from server.wire.events import ErrorBody, PinEvent, ProductEvent, RoomEvent


async def put_room(parts: HandlerParts, caller: Caller, command: PutRoom) -> RoomReply:
    room = Room(
        room_id=caller.room_id,
        title=command.title,
        video_url=command.video_url,
        currency=command.currency,
    )
    async with parts.sql_writes.open():
        await asyncio.to_thread(parts.catalogue.put_room, room)
    view = room_view(room)
    await parts.broker.publish(caller.room_id, [outgoing(RoomEvent(room=view))])
    return RoomReply(room=view)


async def put_product(parts: HandlerParts, caller: Caller, command: PutProduct) -> ProductReply:
    product = Product(
        room_id=caller.room_id,
        product_id=command.product_id,
        title=command.title,
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
    return Done()


async def unknown_product(parts: HandlerParts, room_id: str, product_id: str) -> ErrorBody | None:
    """The refusal if the room has no such product, else None."""
    if await asyncio.to_thread(parts.catalogue.product, room_id, product_id):
        return None
    return ErrorBody(
        code=ErrorCode.UNKNOWN_PRODUCT, message=f"there is no product {product_id} in this room"
    )
