"""Bodies that exist only over HTTP; everything else is a command, a reply or a view of the wire."""

from typing import Literal

from msgspec import Struct

from server.wire.fields import Name
from server.wire.views import HoldView, ProductView, Role, RoomView, SaleView


class RoomsReply(Struct, frozen=True):
    """Every room there is."""

    rooms: list[RoomView]


class ProductsReply(Struct, frozen=True):
    products: list[ProductView]


class SalesReply(Struct, frozen=True):
    sales: list[SaleView]
    now_ms: int


class TokenRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for a guest's token; the server makes up a name if none is given."""

    name: Name | None = None


class TokenReply(Struct, frozen=True):
    """Send `token` as `Authorization: Bearer <token>`; it works in one room only."""

    token: str
    user_id: str
    name: str
    role: Role
    expires_at_ms: int


class OrdersReply(Struct, frozen=True):
    """A page of reservations and what became of them, newest first; a paid one is an order. The
    totals are over every page: how many are paid, and what they come to."""

    orders: list[HoldView]
    paid_count: int
    paid_cents: int


class OrderReply(Struct, frozen=True):
    order: HoldView


class WebhookReply(Struct, frozen=True):
    """The report is written down (or changes nothing); it need not be sent again."""

    received: bool


class LiveReply(Struct, frozen=True):
    status: Literal["live"]


class ReadyReply(Struct, frozen=True):
    """Per part 'ok', or why it is not ready."""

    status: Literal["ready", "not ready"]
    parts: dict[str, str]
