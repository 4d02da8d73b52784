"""Bodies that exist only over HTTP; everything else is a command, a reply or a view of the wire."""

from typing import Literal

from msgspec import Struct

from server.wire.fields import Name
from server.wire.views import HoldView, ProductView, RefundView, Role, RoomView, SaleView


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
    totals are over every page: how many are paid, and what they come to. `refunds` are those of
    the payments for the orders of this page."""

    orders: list[HoldView]
    currency: str
    refunds: list[RefundView]
    paid_count: int
    paid_cents: int


class OrderReply(Struct, frozen=True):
    order: HoldView
    currency: str
    refunds: list[RefundView]


class RefundsReply(Struct, frozen=True):
    """What goes back to buyers, with what has to be done next first; at most 500."""

    refunds: list[RefundView]


class PictureReply(Struct, frozen=True):
    """What to put into a product's `picture_url`."""

    picture_url: str


class ProductMinuteView(Struct, frozen=True):
    """Units of one product (and viewers who saw it, or pressed its button), in one minute."""

    product_id: str
    seen: int
    clicked: int
    held: int
    paid: int
    paid_cents: int


class MinuteView(Struct, frozen=True):
    """`minute` counts from 1970. `viewers` is the most at once; `held`, `paid` and `dropped`
    (cancelled or expired) are reservations; `seen` and `clicked` are viewers, each once for a
    while."""

    minute: int
    viewers: int
    comments: int
    seen: int
    clicked: int
    held: int
    paid: int
    paid_cents: int
    refunded_cents: int
    dropped: int
    products: list[ProductMinuteView]


class MarkView(Struct, frozen=True):
    """Something the host did: `pin`, `unpin`, `sale_started`, `sale_ended`, `sale_paused`,
    `sale_resumed`, `restocked`,
    `announcement` or `poll`."""

    at_ms: int
    kind: str
    product_id: str | None
    text: str


class FiguresReply(Struct, frozen=True):
    """The minutes in which something happened, and what the host did meanwhile, in order."""

    now_ms: int
    minutes: list[MinuteView]
    marks: list[MarkView]


class RoomHealthReply(Struct, frozen=True):
    """`ledger_lag_ms`: how long the oldest entry that is not yet in SQL has waited; 0 if none is.
    `parked_entries` could not be posted: see `kaibo audit`. `differences` between Redis and SQL,
    when the server last audited itself, at `reconciled_at_ms` (null: not yet)."""

    ledger_lag_ms: int
    parked_entries: int
    differences: int
    reconciled_at_ms: int | None


class CsvFile(Struct, frozen=True):
    """UTF-8 with a byte order mark; a cell that a spreadsheet would take for a formula begins with
    an apostrophe."""


class WebhookReply(Struct, frozen=True):
    """The report is written down (or changes nothing); it need not be sent again."""

    received: bool


class LiveReply(Struct, frozen=True):
    status: Literal["live"]


class ReconciledView(Struct, frozen=True):
    """When the server last audited itself, and how many differences there are, by room."""

    at_ms: int
    rooms: int
    differences: dict[str, int]


class ReadyReply(Struct, frozen=True):
    """Per part 'ok', or why it is not ready. Differences that were found (`reconciled`) make
    nothing unready: somebody has to look, and the sale goes on."""

    status: Literal["ready", "not ready"]
    parts: dict[str, str]
    reconciled: ReconciledView | None = None
