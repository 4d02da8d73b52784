"""Views: what clients are shown of rooms, products, sales and holds. Money is integer cents."""

from typing import Literal

from msgspec import Struct

Role = Literal["viewer", "assistant", "host"]
DurabilityName = Literal["memory", "fsync", "replica"]
HoldStateView = Literal["waiting", "held", "paid", "cancelled", "expired", "refund_due", "refunded"]

RefundStateView = Literal["asked", "due", "sent", "paid_back", "done", "failed"]


class View(Struct, frozen=True):
    """Base of every view; encoded as a map with these field names."""


class RoomView(View, frozen=True):
    room_id: str
    title: str
    video_url: str | None  # an HLS playlist
    currency: str


class ProductView(View, frozen=True):
    product_id: str
    title: str
    picture_url: str | None
    list_price_cents: int


class SaleView(View, frozen=True):
    """A sale and its stock. Its phase follows from the times, `paused` and `available`."""

    sale_id: str
    product_id: str
    price_cents: int
    per_buyer_max: int
    hold_duration_ms: int
    total: int
    available: int
    held: int
    sold: int
    starts_at_ms: int | None
    ends_at_ms: int | None
    paused: bool
    version: int
    waiting: int = 0  # buyers on the waitlist


class StockView(View, frozen=True):
    """The counters of a sale; drop it if `version` is not above the one already shown."""

    sale_id: str
    total: int
    available: int
    held: int
    sold: int
    version: int
    waiting: int = 0  # buyers on the waitlist


class LineView(View, frozen=True):
    sale_id: str
    product_id: str
    quantity: int
    price_cents: int


class HoldView(View, frozen=True):
    """One of the viewer's own reservations; a paid one is an order.

    `waiting`: on the sale's waitlist, until `deadline_ms` at most. `offered`: it waited, a unit
    came back and is held until `deadline_ms`.
    """

    reservation_id: str
    buyer_id: str
    state: HoldStateView
    lines: list[LineView]
    amount_cents: int
    created_at_ms: int
    deadline_ms: int
    finished_at_ms: int | None
    offered: bool = False


class RefundView(View, frozen=True):
    """Money on its way back to a buyer. `reason` is what the payment led to, HOST (a host paid it
    back) or PROVIDER (it was paid back at the provider); only hosts are told the `trouble`."""

    refund_id: str
    reservation_id: str
    state: RefundStateView
    reason: str
    amount_cents: int
    currency: str | None
    restock: bool
    requested_at_ms: int
    finished_at_ms: int | None
    trouble: str | None


class CommentView(View, frozen=True):
    comment_id: str
    user_id: str
    name: str
    role: Role
    text: str


class PollView(View, frozen=True):
    """`votes` counts per option, in the order of `options`."""

    poll_id: str
    question: str
    options: list[str]
    votes: list[int]
    closed: bool


class QuestionView(View, frozen=True):
    """A viewer's question to the host. An answered one is shown no longer."""

    question_id: str
    user_id: str
    name: str
    text: str
    upvotes: int
    answered: bool


class MuteView(View, frozen=True):
    user_id: str
    until_ms: int


class UserView(View, frozen=True):
    user_id: str
    name: str
    role: Role


class PositionView(View, frozen=True):
    """Where a client is in a room's stream; an epoch ends when the stream is lost."""

    epoch: str
    offset: int
