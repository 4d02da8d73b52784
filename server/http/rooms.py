"""What anybody may read of rooms, and how a guest gets a token."""

import asyncio
import secrets

from server.http.calls import Call
from server.http.replies import (
    ProductsReply,
    RoomsReply,
    SalesReply,
    TokenReply,
    TokenRequest,
)
from server.shown_text import shown
from server.tokens import Caller
from server.views import product_view, room_view
from server.wire.codes import ErrorCode
from server.wire.commands import ProductReply, SaleReply
from server.wire.events import ErrorBody, RoomSnapshot


def unknown_room(room_id: str) -> ErrorBody:
    return ErrorBody(code=ErrorCode.UNKNOWN_ROOM, message=f"there is no room {room_id[:64]!r}")


async def list_rooms(call: Call) -> RoomsReply:
    rooms = await asyncio.to_thread(call.parts.catalogue.rooms)
    return RoomsReply([room_view(room) for room in rooms])


async def get_room(call: Call) -> RoomSnapshot | ErrorBody:
    room_id = call.path["room_id"]
    return await call.parts.snapshots.room_snapshot(room_id) or unknown_room(room_id)


async def list_products(call: Call) -> ProductsReply | ErrorBody:
    if not await _room_exists(call):
        return unknown_room(call.path["room_id"])
    products = await asyncio.to_thread(call.parts.catalogue.products, call.path["room_id"])
    return ProductsReply([product_view(product) for product in products])


async def get_product(call: Call) -> ProductReply | ErrorBody:
    if not await _room_exists(call):
        return unknown_room(call.path["room_id"])
    product_id = call.path["product_id"]
    product = await asyncio.to_thread(
        call.parts.catalogue.product, call.path["room_id"], product_id
    )
    if product is None:
        message = f"this room has no product {product_id[:64]!r}"
        return ErrorBody(code=ErrorCode.UNKNOWN_PRODUCT, message=message)
    return ProductReply(product_view(product))


async def list_sales(call: Call) -> SalesReply | ErrorBody:
    found = await get_room(call)
    if isinstance(found, ErrorBody):
        return found
    return SalesReply(found.sales, found.now_ms)


async def get_sale(call: Call) -> SaleReply | ErrorBody:
    found = await get_room(call)
    if isinstance(found, ErrorBody):
        return found
    sale_id = call.path["sale_id"]
    for sale in found.sales:
        if sale.sale_id == sale_id:
            return SaleReply(sale)
    return ErrorBody(code="UNKNOWN_SALE", message=f"this room has no sale {sale_id[:64]!r}")


async def issue_token(call: Call) -> TokenReply | ErrorBody:
    """A guest's token; with the guest's present token, a new one for the same guest."""
    request = call.message
    assert isinstance(request, TokenRequest)
    if not await _room_exists(call):
        return unknown_room(call.path["room_id"])
    if call.caller is not None and call.caller.role != "viewer":
        # A host's token that could renew itself would never end.
        return ErrorBody(
            code=ErrorCode.FORBIDDEN, message="a host's token is made by: kaibo token --role host"
        )
    name = None if request.name is None else shown(request.name, "name")
    if isinstance(name, ErrorBody):
        return name
    guest = _guest(call.path["room_id"], name, call.caller)
    token, expires_at_ms = call.parts.tokens.issue(guest, call.parts.now_ms() // 1000)
    return TokenReply(token, guest.user_id, guest.name, guest.role, expires_at_ms)


def _guest(room_id: str, name: str | None, present: Caller | None) -> Caller:
    if present is not None:
        return Caller(present.user_id, name or present.name, "viewer", room_id)
    user_id = f"g-{secrets.token_hex(10)}"
    return Caller(user_id, name or f"guest {user_id[-4:]}", "viewer", room_id)


async def _room_exists(call: Call) -> bool:
    room = await asyncio.to_thread(call.parts.catalogue.room, call.path["room_id"])
    return room is not None
