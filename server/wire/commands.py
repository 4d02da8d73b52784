"""Commands: what a client may ask, as `[op, id, body]` on the socket or as an HTTP request body.

`COMMANDS` is the whole list. A new command is a class here, in `buying.py` or in `together.py`, a
reply type, a line in `COMMANDS`, in `REPLIES` and in `LEAST_ROLE` (roles.py), and a handler in
`server/dispatch.py`.
"""

from typing import Annotated

from msgspec import Meta

from server.wire.bodies import Command as Command  # noqa: PLC0414 - also found here
from server.wire.bodies import Done as Done  # noqa: PLC0414
from server.wire.bodies import Reply as Reply  # noqa: PLC0414
from server.wire.buying import (
    Cancel,
    HoldReply,
    Holds,
    HoldsReply,
    Pay,
    PayPage,
    Readmit,
    Reserve,
    Reserved,
)
from server.wire.fields import (
    Cents,
    Currency,
    Id,
    Quantity,
    Text,
    TimestampMs,
    Title,
    Units,
    UnitsDelta,
    Url,
    Uuid7,
)
from server.wire.rundown import PutRundown, RundownReply, RunStep, ShowRundown
from server.wire.together import (
    Announce,
    AnswerQuestion,
    AskQuestion,
    Attention,
    Ban,
    ClosePoll,
    Mute,
    OpenPoll,
    PinComment,
    PollReply,
    QuestionReply,
    RemoveComment,
    RulesReply,
    SetRole,
    SetRules,
    ShowRules,
    ShowViewers,
    Unban,
    Unmute,
    Upvote,
    ViewersReply,
    Vote,
    Voted,
)
from server.wire.views import (
    CommentView,
    ProductView,
    RefundView,
    RoomView,
    SaleView,
)

# Everyone.


class Ping(Command, frozen=True):
    """Clock sync: the client's own clock goes out and comes back beside the server's."""

    sent_at_ms: TimestampMs


class Pong(Reply, frozen=True):
    """`offset = ((received - sent) + (replied - now)) / 2` on the client's clock."""

    sent_at_ms: int
    received_at_ms: int
    replied_at_ms: int


class Comment(Command, frozen=True):
    """With a `comment_id`, saying the same again within ten minutes tells it once."""

    text: Text
    comment_id: Uuid7 | None = None


class Commented(Reply, frozen=True):
    """`shown`: the others get it too; in a room full of comments not all are."""

    comment: CommentView
    shown: bool


class Like(Command, frozen=True):
    """Likes pressed since the last one of these; clients batch."""

    count: Annotated[int, Meta(ge=1, le=50)]


# Hosts.


class PutRoom(Command, frozen=True):
    """Title and video are replaced: without `video_url` the room has none. Without `currency` the
    room keeps its own, or begins with CNY; it can change only while the room has no sales."""

    title: Title
    video_url: Url | None = None
    currency: Currency | None = None


class RoomReply(Reply, frozen=True):
    room: RoomView


class PutProduct(Command, frozen=True):
    product_id: Id
    title: Title
    list_price_cents: Cents
    picture_url: Url | None = None


class ProductReply(Reply, frozen=True):
    product: ProductView


class PutSale(Command, frozen=True):
    """Create a sale of a product. Creating it again with the same terms changes nothing."""

    sale_id: Id
    product_id: Id
    price_cents: Cents
    total_units: Units
    per_buyer_max: Quantity = 1
    hold_duration_s: Annotated[int, Meta(ge=5, le=3600)] = 120


class SaleReply(Reply, frozen=True):
    sale: SaleView


class StartSale(Command, frozen=True):
    sale_id: Id
    countdown_s: Annotated[int, Meta(ge=0, le=300)] = 10
    duration_s: Annotated[int, Meta(ge=10, le=86_400)] = 300


class EndSale(Command, frozen=True):
    sale_id: Id


class PauseSale(Command, frozen=True):
    sale_id: Id


class ResumeSale(Command, frozen=True):
    sale_id: Id


class Restock(Command, frozen=True):
    """Add units to a sale, or cut units nobody holds (negative). Retrying is safe by id."""

    restock_id: Uuid7
    sale_id: Id
    units: UnitsDelta

    def __post_init__(self) -> None:
        if self.units == 0:
            raise ValueError("field `units` may not be 0")


class Refund(Command, frozen=True):
    """Pay an order back, as a whole; with `restock` its units go back on sale. Repeating it changes
    nothing, and gives the same refund."""

    reservation_id: Uuid7
    restock: bool = False


class RefundReply(Reply, frozen=True):
    refund: RefundView


class Pin(Command, frozen=True):
    """Show a product above the video; null unpins."""

    product_id: Id | None


class OrderProducts(Command, frozen=True):
    """The order in which products are listed; those that are not named come after."""

    product_ids: Annotated[list[Id], Meta(max_length=200)]


COMMANDS: dict[str, type[Command]] = {
    "ping": Ping,
    "comment": Comment,
    "like": Like,
    "vote": Vote,
    "ask_question": AskQuestion,
    "upvote": Upvote,
    "attention": Attention,
    "reserve": Reserve,
    "readmit": Readmit,
    "cancel": Cancel,
    "pay": Pay,
    "holds": Holds,
    "remove_comment": RemoveComment,
    "pin_comment": PinComment,
    "announce": Announce,
    "mute": Mute,
    "unmute": Unmute,
    "ban": Ban,
    "unban": Unban,
    "set_rules": SetRules,
    "rules": ShowRules,
    "open_poll": OpenPoll,
    "close_poll": ClosePoll,
    "answer_question": AnswerQuestion,
    "viewers": ShowViewers,
    "set_role": SetRole,
    "put_room": PutRoom,
    "put_product": PutProduct,
    "order_products": OrderProducts,
    "put_sale": PutSale,
    "start_sale": StartSale,
    "end_sale": EndSale,
    "pause_sale": PauseSale,
    "resume_sale": ResumeSale,
    "restock": Restock,
    "refund": Refund,
    "pin": Pin,
    "rundown": ShowRundown,
    "put_rundown": PutRundown,
    "run_step": RunStep,
}

REPLIES: dict[str, type[Reply]] = {
    "ping": Pong,
    "comment": Commented,
    "like": Done,
    "vote": Voted,
    "ask_question": QuestionReply,
    "upvote": QuestionReply,
    "attention": Done,
    "reserve": Reserved,
    "readmit": Reserved,
    "cancel": HoldReply,
    "pay": PayPage,
    "holds": HoldsReply,
    "remove_comment": Done,
    "pin_comment": Done,
    "announce": Done,
    "mute": Done,
    "unmute": Done,
    "ban": Done,
    "unban": Done,
    "set_rules": RulesReply,
    "rules": RulesReply,
    "open_poll": PollReply,
    "close_poll": PollReply,
    "answer_question": QuestionReply,
    "viewers": ViewersReply,
    "set_role": Done,
    "put_room": RoomReply,
    "put_product": ProductReply,
    "order_products": Done,
    "put_sale": SaleReply,
    "start_sale": SaleReply,
    "end_sale": SaleReply,
    "pause_sale": SaleReply,
    "resume_sale": SaleReply,
    "restock": SaleReply,
    "refund": RefundReply,
    "pin": Done,
    "rundown": RundownReply,
    "put_rundown": RundownReply,
    "run_step": RundownReply,
}
