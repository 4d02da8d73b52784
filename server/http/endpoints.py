"""Every endpoint under /v1, as one literal table.

The Starlette routes and the OpenAPI document are both made from it, so neither can drift. An
endpoint that carries out a command takes its types from the wire and may not say otherwise.
"""

from enum import Enum
from typing import Any, NamedTuple

import msgspec

from server.http import exports, figures, orders, pictures, rooms, webhooks
from server.http.calls import Handler, dispatched
from server.http.replies import (
    CsvFile,
    FiguresReply,
    OrderReply,
    OrdersReply,
    PictureReply,
    ProductsReply,
    RefundsReply,
    RoomHealthReply,
    RoomsReply,
    SalesReply,
    TokenReply,
    TokenRequest,
    WebhookReply,
)
from server.wire.commands import COMMANDS, REPLIES, ProductReply, SaleReply
from server.wire.events import RoomSnapshot
from server.wire.fields import Uuid7
from server.wire.roles import LEAST_ROLE

JSON_TYPE = "application/json"


class Access(Enum):
    """What token an endpoint wants, always of the room in its path."""

    PUBLIC = "none"
    OPTIONAL = "any or none"  # but one that is sent must be good
    CALLER = "any"
    HOST = "a host's"


class Query(NamedTuple):
    """An optional parameter after the `?`; `kind` is its type."""

    name: str
    meaning: str
    kind: Any = bool


class Endpoint(NamedTuple):
    """One method on one path. `refusals` are the codes it adds to those every endpoint has."""

    method: str
    path: str
    name: str  # the command, or the operation's name in the OpenAPI document
    handler: Handler
    reply: type[msgspec.Struct]
    summary: str
    access: Access = Access.PUBLIC
    request: type[msgspec.Struct] | None = None
    status: int = 200
    refusals: tuple[str, ...] = ()
    queries: tuple[Query, ...] = ()
    raw_body: bool = False  # the handler verifies the bytes themselves
    takes: tuple[str, ...] = ()  # the media types of a file that is sent; it may be large
    gives: str = JSON_TYPE  # the media type of the answer


def _command(
    method: str,
    path: str,
    op: str,
    summary: str,
    refusals: tuple[str, ...] = (),
    status: int = 200,
) -> Endpoint:
    return Endpoint(
        method,
        path,
        op,
        dispatched(op),
        REPLIES[op],
        summary,
        Access.HOST if LEAST_ROLE[op] == "host" else Access.CALLER,
        COMMANDS[op],
        status,
        ("UNKNOWN_ROOM", "UNAVAILABLE", *refusals),
    )


ROOM = "/rooms/{room_id}"
PRODUCT = f"{ROOM}/products/{{product_id}}"
SALE = f"{ROOM}/sales/{{sale_id}}"
RESERVATION = f"{ROOM}/reservations/{{reservation_id}}"
NO_ROOM = ("UNKNOWN_ROOM", "UNAVAILABLE")
REPLAY = ("KEY_REUSED", "STALE_ID")

ENDPOINTS = (
    Endpoint("GET", "/rooms", "list_rooms", rooms.list_rooms, RoomsReply, "List the rooms"),
    Endpoint(
        "GET", ROOM, "get_room", rooms.get_room, RoomSnapshot,
        "Show a room: products, sales, what is pinned", refusals=NO_ROOM,
    ),
    _command("PUT", ROOM, "put_room", "Open a room, or replace its title and video"),
    Endpoint(
        "POST", f"{ROOM}/tokens", "issue_token", rooms.issue_token, TokenReply,
        "Get a guest's token, or a new one for the guest whose token is sent",
        Access.OPTIONAL, TokenRequest, 201, NO_ROOM,
    ),
    Endpoint(
        "GET", f"{ROOM}/products", "list_products", rooms.list_products, ProductsReply,
        "List the products", refusals=NO_ROOM,
    ),
    Endpoint(
        "GET", PRODUCT, "get_product", rooms.get_product, ProductReply,
        "Show a product", refusals=(*NO_ROOM, "UNKNOWN_PRODUCT"),
    ),
    _command("PUT", PRODUCT, "put_product", "Create or change a product"),
    _command("PUT", f"{ROOM}/product-order", "order_products",
             "Say in which order the products are listed", ("UNKNOWN_PRODUCT",)),
    Endpoint(
        "POST", f"{ROOM}/pictures", "put_picture", pictures.put_picture, PictureReply,
        "Send a picture (JPEG, PNG or WebP), to be drawn anew as WebP", Access.HOST, status=201,
        raw_body=True, takes=pictures.TAKEN_TYPES,
        refusals=("TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "LIMIT_REACHED"),
    ),
    _command("PUT", f"{ROOM}/pin", "pin", "Pin a product above the video, or unpin with null",
             ("UNKNOWN_PRODUCT",)),
    Endpoint(
        "GET", f"{ROOM}/sales", "list_sales", rooms.list_sales, SalesReply,
        "List the sales and their stock", refusals=NO_ROOM,
    ),
    Endpoint(
        "GET", SALE, "get_sale", rooms.get_sale, SaleReply,
        "Show a sale and its stock", refusals=(*NO_ROOM, "UNKNOWN_SALE"),
    ),
    _command("PUT", SALE, "put_sale", "Create a sale; the same terms again change nothing",
             ("UNKNOWN_PRODUCT", "KEY_REUSED", "TOO_MANY_SALES", "STATE_LOST")),
    _command("POST", f"{SALE}/start", "start_sale", "Start a sale with a countdown",
             ("UNKNOWN_SALE", "ALREADY_STARTED", "ENDED")),
    _command("POST", f"{SALE}/end", "end_sale", "End a sale; holds already given stay payable",
             ("UNKNOWN_SALE", "ENDED")),
    _command("POST", f"{SALE}/pause", "pause_sale",
             "Sell nothing for a while; holds stay payable and the time runs on",
             ("UNKNOWN_SALE", "ENDED")),
    _command("POST", f"{SALE}/resume", "resume_sale", "Sell again after a pause",
             ("UNKNOWN_SALE", "ENDED")),
    _command("POST", f"{SALE}/restock", "restock", "Add units, or cut units nobody holds",
             (*REPLAY, "STALE_EPOCH", "UNKNOWN_SALE", "CUT_TOO_DEEP")),
    _command("POST", f"{ROOM}/reservations", "reserve",
             "Reserve units of one or more sales, all or none; safe to retry with the same id",
             (*REPLAY, "STALE_EPOCH", "UNKNOWN_SALE", "NOT_STARTED", "ENDED", "PAUSED",
              "USER_LIMIT", "SOLD_OUT", "ALREADY_WAITING", "WAITLIST_FULL", "STATE_LOST"),
             201),
    _command("POST", f"{ROOM}/receipts", "readmit",
             "Show the receipt of a reservation that the server has lost, to get it back",
             ("BAD_RECEIPT", *REPLAY, "UNKNOWN_SALE", "PAUSED", "USER_LIMIT", "SOLD_OUT",
              "STATE_LOST")),
    _command("POST", f"{RESERVATION}/cancel", "cancel", "Give a reservation back",
             ("UNKNOWN_HOLD", "NOT_HELD")),
    _command("POST", f"{RESERVATION}/pay", "pay",
             "Start paying: extends the reservation once and names the page to pay on",
             ("UNKNOWN_HOLD", "NOT_HELD", "PAYMENT_REFUSED")),
    _command("POST", f"{RESERVATION}/refund", "refund",
             "Pay an order back, as a whole; asking again gives the same refund",
             ("UNKNOWN_HOLD", "NOT_PAID", "BROKEN")),
    Endpoint(
        "GET", f"{ROOM}/orders", "list_orders", orders.list_orders, OrdersReply,
        "List your reservations and orders, newest first", Access.CALLER,
        queries=(
            Query("all", "as a host: everybody's"),
            Query("before", "only what is older than this one: the next page", Uuid7),
        ),
        refusals=("BAD_FIELD", "UNKNOWN_HOLD", "UNAVAILABLE"),
    ),
    Endpoint(
        "GET", f"{ROOM}/orders/{{reservation_id}}", "get_order", orders.get_order, OrderReply,
        "Show one of your orders; a host may see any", Access.CALLER,
        refusals=("UNKNOWN_HOLD", "UNAVAILABLE"),
    ),
    Endpoint(
        "GET", f"{ROOM}/figures", "get_figures", figures.get_figures, FiguresReply,
        "Show what happened in the room, minute by minute, and when the host did what", Access.HOST,
        queries=(Query("since", "only from this minute on; else the last day", int),),
        refusals=("BAD_FIELD", "UNAVAILABLE"),
    ),
    Endpoint(
        "GET", f"{ROOM}/health", "get_room_health", figures.get_health, RoomHealthReply,
        "Show how far the ledger is behind the room's sales", Access.HOST,
        refusals=("UNAVAILABLE",),
    ),
    Endpoint(
        "GET", f"{ROOM}/exports/orders", "export_orders", exports.export_orders, CsvFile,
        "Fetch all orders as CSV, newest first", Access.HOST, gives="text/csv",
        refusals=("UNAVAILABLE",),
    ),
    Endpoint(
        "GET", f"{ROOM}/exports/comments", "export_comments", exports.export_comments, CsvFile,
        "Fetch the comments that the room still remembers as CSV", Access.HOST, gives="text/csv",
        refusals=("UNAVAILABLE",),
    ),
    Endpoint(
        "GET", f"{ROOM}/refunds", "list_refunds", orders.list_refunds, RefundsReply,
        "List what goes back to buyers, what has to be done next first", Access.HOST,
        refusals=("UNAVAILABLE",),
    ),
    Endpoint(
        "POST", "/webhooks/{provider}", "receive_webhook", webhooks.receive, WebhookReply,
        "Where a payment provider reports, signed", raw_body=True,
        refusals=("BAD_MESSAGE", "TOO_LARGE", "NOT_FOUND", "RATE_LIMITED", "UNAVAILABLE"),
    ),
)  # fmt: skip
