"""What the server sends unasked: `["welcome", greeting, room]` first, then events.

An event is `["event", type, offset, ts_ms, body]`. `offset` is a number for events that a client
must not miss (sale, comment, pin) and null for the rest. `EVENTS` is the whole list, with the
delivery class that decides what a slow viewer loses.
"""

from typing import Literal

from msgspec import Struct

from server.wire.views import (
    CommentView,
    HoldView,
    PollView,
    PositionView,
    ProductView,
    QuestionView,
    Role,
    RoomView,
    SaleView,
    StockView,
    UserView,
)

DeliveryClassName = Literal["critical", "state", "chat", "ambient"]


class EventBody(Struct, frozen=True):
    """Base of every event body."""


class CommentEvent(EventBody, frozen=True):
    comment: CommentView


class CommentRemovedEvent(EventBody, frozen=True):
    """Take this comment off the screen."""

    comment_id: str


class CommentPinnedEvent(EventBody, frozen=True):
    comment: CommentView | None


class AnnouncementEvent(EventBody, frozen=True):
    text: str


class PollEvent(EventBody, frozen=True):
    poll: PollView


class QuestionEvent(EventBody, frozen=True):
    question: QuestionView


class RoleEvent(EventBody, frozen=True):
    """Only to the one whose role it is from now on."""

    role: Role


class LikesEvent(EventBody, frozen=True):
    """Likes since the last one of these, and ever."""

    delta: int
    total: int


class ViewersEvent(EventBody, frozen=True):
    count: int


class PinEvent(EventBody, frozen=True):
    product_id: str | None


class RoomEvent(EventBody, frozen=True):
    room: RoomView


class ProductOrderEvent(EventBody, frozen=True):
    """List the products in this order; those that are not named come after."""

    product_ids: list[str]


class RundownEvent(EventBody, frozen=True):
    """The run-of-show is another one now; a host may ask for it."""

    version: int


class ProductEvent(EventBody, frozen=True):
    product: ProductView


class SaleEvent(EventBody, frozen=True):
    """A sale was created, started, ended or restocked."""

    sale: SaleView


class RestoredEvent(EventBody, frozen=True):
    """The room's sales were lost and are restored: ask for `holds`, and show the receipts of those
    that are missing. `epoch_ms`: when it was."""

    epoch_ms: int


class StockEvent(EventBody, frozen=True):
    stock: StockView


class HoldEvent(EventBody, frozen=True):
    """Only to the hold's own buyer: it was held, paid, cancelled or expired, here or elsewhere."""

    hold: HoldView


class BoughtEvent(EventBody, frozen=True):
    """So many units of a product were just paid for, by so many buyers. `name`: of one of them,
    masked."""

    product_id: str
    name: str | None
    units: int
    buyers: int


class SkippedEvent(EventBody, frozen=True):
    """You were too slow to follow: so many comments before this were not sent to you."""

    count: int


class EventKind(Struct, frozen=True):
    body: type[EventBody]
    delivery: DeliveryClassName
    numbered: bool  # advances the room's offset


EVENTS: dict[str, EventKind] = {
    "sale": EventKind(SaleEvent, "critical", numbered=True),
    "restored": EventKind(RestoredEvent, "critical", numbered=True),
    "comment": EventKind(CommentEvent, "chat", numbered=True),
    "comment_removed": EventKind(CommentRemovedEvent, "critical", numbered=True),
    "comment_pinned": EventKind(CommentPinnedEvent, "critical", numbered=True),
    "announcement": EventKind(AnnouncementEvent, "critical", numbered=True),
    "poll": EventKind(PollEvent, "state", numbered=False),
    "question": EventKind(QuestionEvent, "state", numbered=False),
    "role": EventKind(RoleEvent, "critical", numbered=False),
    "pin": EventKind(PinEvent, "critical", numbered=True),
    "room": EventKind(RoomEvent, "critical", numbered=True),
    "product": EventKind(ProductEvent, "critical", numbered=True),
    "product_order": EventKind(ProductOrderEvent, "critical", numbered=True),
    "rundown": EventKind(RundownEvent, "state", numbered=False),
    "hold": EventKind(HoldEvent, "critical", numbered=False),
    "stock": EventKind(StockEvent, "state", numbered=False),
    "likes": EventKind(LikesEvent, "ambient", numbered=False),
    "viewers": EventKind(ViewersEvent, "ambient", numbered=False),
    "bought": EventKind(BoughtEvent, "ambient", numbered=False),
    "skipped": EventKind(SkippedEvent, "chat", numbered=False),
}


class RoomSnapshot(Struct, frozen=True, kw_only=True):
    """The whole room as it is, the same for everybody."""

    room: RoomView
    position: PositionView
    now_ms: int
    products: list[ProductView]
    sales: list[SaleView]
    pinned_product_id: str | None
    comments: list[CommentView]
    pinned_comment: CommentView | None
    poll: PollView | None  # the open one
    questions: list[QuestionView]  # the most upvoted open ones
    likes_total: int
    viewer_count: int


class Greeting(Struct, frozen=True, kw_only=True):
    """Who you are. `recovered`: the events that follow are exactly those after the position that
    you asked for with `since`, so what you have stays true; otherwise start from the snapshot."""

    you: UserView
    recovered: bool


class ErrorBody(Struct, frozen=True, omit_defaults=True):
    """Why a command was refused. `field` is a path like `$.lines[0].quantity`."""

    code: str
    message: str
    field: str | None = None
    retry_after_ms: int | None = None
    starts_at_ms: int | None = None
    available: int | None = None
    option: int | None = None
