"""Orders and comments as CSV, for a host: written while they are read, and never without an end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

from inventory.hold import Hold
from server import said
from server.http.calls import Call, Stream
from server.spreadsheet import BOM, cents_text, row

ORDERS_MAX = 200_000
PAGE = 500

ORDER_HEAD = (
    "order", "state", "created", "finished", "buyer", "product", "title", "sale", "quantity",
    "price", "amount", "currency", "payment",
)  # fmt: skip
COMMENT_HEAD = ("time", "user", "name", "role", "text", "removed")


async def export_orders(call: Call) -> Stream:
    """Every order and reservation, newest first; one line for each product in it."""
    return Stream(_orders(call), f"orders-{call.path['room_id']}.csv")


async def export_comments(call: Call) -> Stream:
    """The comments that the room still remembers, oldest first."""
    room_id = call.path["room_id"]
    record = await call.parts.broker.record(room_id, call.parts.settings.room_events_kept)
    removed = said.removed_ids(record.recent)
    lines = [BOM + row(COMMENT_HEAD)]
    for at_ms, it in said.told(record.recent):
        gone = "removed" if it.comment_id in removed else ""
        lines.append(row((_time(at_ms), it.user_id, it.name, it.role, it.text, gone)))
    return Stream(_once("".join(lines)), f"comments-{room_id}.csv")


async def _once(text: str) -> AsyncIterator[bytes]:
    yield text.encode()


async def _orders(call: Call) -> AsyncIterator[bytes]:
    yield (BOM + row(ORDER_HEAD)).encode()
    room_id, ledger = call.path["room_id"], call.parts.ledger
    titles, currency = await asyncio.to_thread(_words, call)
    before: Hold | None = None
    for _ in range(ORDERS_MAX // PAGE):
        page = await asyncio.to_thread(ledger.orders, room_id, PAGE, before)
        if not page:
            return
        yield "".join(line for hold in page for line in _lines(hold, titles, currency)).encode()
        before = page[-1]


def _words(call: Call) -> tuple[dict[str, str], str]:
    """The titles of the room's products, and its currency. Blocks."""
    room_id, catalogue = call.path["room_id"], call.parts.catalogue
    room = catalogue.room(room_id)
    titles = {it.product_id: it.title for it in catalogue.products(room_id)}
    return titles, room.currency if room else ""


def _lines(hold: Hold, titles: dict[str, str], currency: str) -> Iterator[str]:
    for line in hold.lines:
        yield row(
            (
                hold.hold_id,
                hold.state.value,
                _time(hold.created_at_ms),
                _time(hold.finished_at_ms),
                hold.buyer_id,
                line.product_id,
                titles.get(line.product_id, ""),
                line.sale_id,
                line.quantity,
                cents_text(line.price_cents),
                cents_text(line.price_cents * line.quantity),
                currency,
                hold.payment_id or "",
            )
        )


def _time(at_ms: int | None) -> str:
    if at_ms is None:
        return ""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
