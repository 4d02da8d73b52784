"""Records as clients are shown them: pools and holds, rooms and products, polls and questions."""

from inventory.hold import Hold
from inventory.ledger.catalogue import Product, Room
from inventory.ledger.refunds import Refund
from inventory.pool import Pool
from rooms.polls import Poll
from rooms.questions import Question
from server.wire.views import (
    HoldView,
    LineView,
    PollView,
    ProductView,
    QuestionView,
    RefundView,
    RoomView,
    SaleView,
    StockView,
)


def room_view(room: Room) -> RoomView:
    return RoomView(
        room_id=room.room_id, title=room.title, video_url=room.video_url, currency=room.currency
    )


def product_view(product: Product) -> ProductView:
    return ProductView(
        product_id=product.product_id,
        title=product.title,
        picture_url=product.picture_url,
        list_price_cents=product.list_price_cents,
    )


def sale_view(pool: Pool) -> SaleView:
    return SaleView(
        sale_id=pool.sale_id,
        product_id=pool.product_id,
        price_cents=pool.price_cents,
        per_buyer_max=pool.per_buyer_max,
        hold_duration_ms=pool.hold_duration_ms,
        total=pool.total,
        available=pool.available,
        held=pool.held,
        sold=pool.sold,
        starts_at_ms=pool.starts_at_ms,
        ends_at_ms=pool.ends_at_ms,
        paused=pool.paused,
        version=pool.version,
        waiting=pool.waiting,
    )


def stock_view(pool: Pool) -> StockView:
    return StockView(
        sale_id=pool.sale_id,
        total=pool.total,
        available=pool.available,
        held=pool.held,
        sold=pool.sold,
        waiting=pool.waiting,
        version=pool.version,
    )


def hold_view(hold: Hold) -> HoldView:
    return HoldView(
        reservation_id=hold.hold_id,
        buyer_id=hold.buyer_id,
        state=hold.state.value,
        lines=[
            LineView(
                sale_id=line.sale_id,
                product_id=line.product_id,
                quantity=line.quantity,
                price_cents=line.price_cents,
            )
            for line in hold.lines
        ],
        amount_cents=hold.amount_cents,
        created_at_ms=hold.created_at_ms,
        deadline_ms=hold.deadline_ms,
        offered=hold.offered,
        finished_at_ms=hold.finished_at_ms,
    )


def refund_view(refund: Refund, *, for_host: bool) -> RefundView:
    return RefundView(
        refund_id=refund.refund_id,
        reservation_id=refund.hold_id,
        state=refund.state.value,
        reason=refund.reason,
        amount_cents=refund.amount_cents,
        currency=refund.currency,
        restock=refund.restock,
        requested_at_ms=refund.requested_at_ms,
        finished_at_ms=refund.finished_at_ms,
        trouble=refund.trouble if for_host else None,
    )


def poll_view(poll: Poll) -> PollView:
    return PollView(
        poll_id=poll.poll_id,
        question=poll.question,
        options=list(poll.options),
        votes=list(poll.votes),
        closed=poll.is_closed,
    )


def question_view(question: Question, *, is_answered: bool = False) -> QuestionView:
    return QuestionView(
        question_id=question.question_id,
        user_id=question.user_id,
        name=question.name,
        text=question.text,
        upvotes=question.upvotes,
        answered=is_answered,
    )
