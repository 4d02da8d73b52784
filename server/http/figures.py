"""What a host's wall shows: the minutes of a show, and how far the ledger is behind."""

import asyncio

from inventory.entry import stream_id_of
from rooms.minutes import Counted, Counts, minute_of
from server import figures
from server.http.calls import Call
from server.http.replies import (
    FiguresReply,
    MarkView,
    MinuteView,
    ProductMinuteView,
    RoomHealthReply,
)
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody

MINUTES_MAX = 1_440  # of one answer: a day


async def get_figures(call: Call) -> FiguresReply | ErrorBody:
    now = call.parts.now_ms()
    last = minute_of(now)
    asked = call.query.get("since", "0")
    if not asked.isdecimal() or len(asked) > len(str(last)):
        message = "since: a minute since 1970, as the answer counts them"
        return ErrorBody(code=ErrorCode.BAD_FIELD, message=message, field="since")
    first = max(int(asked), last - MINUTES_MAX + 1)
    counts, marks = await call.parts.minutes.read(call.path["room_id"], first, last)
    return FiguresReply(
        now_ms=now,
        minutes=minutes_of(counts),
        marks=[MarkView(it.at_ms, it.kind, it.about or None, it.text) for it in marks],
    )


def minutes_of(counts: Counts) -> list[MinuteView]:
    """In order; a minute in which nothing happened is not there."""
    return [_minute(minute, counts[minute]) for minute in sorted(counts)]


def _minute(minute: int, counted: dict[Counted, int]) -> MinuteView:
    def of(name: str, about: str = "") -> int:
        return counted.get(Counted(name, about), 0)

    products = sorted({it.about for it in counted if it.about})
    return MinuteView(
        minute=minute,
        viewers=of(figures.VIEWERS),
        comments=of(figures.COMMENTS),
        seen=of(figures.SEEN),
        clicked=of(figures.CLICKED),
        held=of(figures.HELD),
        paid=of(figures.PAID),
        paid_cents=of(figures.PAID_CENTS),
        refunded_cents=of(figures.REFUNDED_CENTS),
        dropped=of(figures.DROPPED),
        products=[
            ProductMinuteView(
                product_id=it,
                seen=of(figures.SEEN, it),
                clicked=of(figures.CLICKED, it),
                held=of(figures.HELD, it),
                paid=of(figures.PAID, it),
                paid_cents=of(figures.PAID_CENTS, it),
            )
            for it in products
        ],
    )


async def get_health(call: Call) -> RoomHealthReply:
    room_id, parts = call.path["room_id"], call.parts
    position = await asyncio.to_thread(parts.ledger.position, room_id)
    waiting = await parts.outbox.read({room_id: stream_id_of(position)}, count=1)
    lag_ms = parts.now_ms() - waiting[0].position // 1_000_000 if waiting else 0
    parked = await asyncio.to_thread(parts.ledger.parked, room_id)
    verdict = await parts.verdicts.last()
    return RoomHealthReply(
        ledger_lag_ms=max(0, lag_ms),
        parked_entries=len(parked),
        differences=verdict.differences.get(room_id, 0) if verdict else 0,
        reconciled_at_ms=verdict.at_ms if verdict else None,
    )
