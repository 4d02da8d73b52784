"""`kaibo refund`: what goes back to buyers, and what to do about what could not."""

import asyncio

from inventory.ledger.refunds import Refund
from inventory.payments.port import RefundState
from server.cli.commands import existing_stores, fail, no_room
from server.clock import now_ms
from server.http.sandbox_pages import price_text
from server.settings import Settings
from server.stores import Stores


async def list_refunds(settings: Settings, *, room: str, state: str | None) -> int:
    wanted = RefundState(state) if state else None
    async with existing_stores(settings) as stores:
        known = await asyncio.to_thread(stores.catalogue.room_ids)
        if room not in known:
            return no_room(room, known)
        found = await asyncio.to_thread(stores.refunds.of_room, room, state=wanted)
    print(f"{'refund':46} {'state':9} {'amount':>14} {'because':14} trouble")
    for refund in found:
        amount = price_text(refund.amount_cents, refund.currency or "")
        line = f"{refund.refund_id:46} {refund.state:9} {amount:>14} {refund.reason:14}"
        print(f"{line} {refund.trouble or ''}".rstrip())
    return 0


async def retry(settings: Settings, *, room: str, refund_id: str) -> int:
    async with existing_stores(settings) as stores:
        refund = await _found(stores, room, refund_id)
        if refund is None or not await asyncio.to_thread(
            stores.refunds.begin_anew, refund, now_ms()
        ):
            return _not_failed(room, refund_id, refund)
    print(f"{refund_id} is due again; a running server sends it")
    return 0


async def close(settings: Settings, *, room: str, refund_id: str, note: str) -> int:
    async with existing_stores(settings) as stores:
        refund = await _found(stores, room, refund_id)
        by_hand = f"by hand: {note}"
        if refund is None or not await asyncio.to_thread(
            stores.refunds.close, refund, now_ms(), by_hand
        ):
            return _not_failed(room, refund_id, refund)
    print(f"{refund_id} is closed")
    return 0


async def _found(stores: Stores, room: str, refund_id: str) -> Refund | None:
    refund = await asyncio.to_thread(stores.refunds.refund, refund_id)
    return refund if refund and refund.room_id == room else None


def _not_failed(room: str, refund_id: str, refund: Refund | None) -> int:
    if refund is None:
        return fail(f"there is no refund {refund_id} in room {room}")
    return fail(f"{refund_id} is {refund.state}; only one that has failed can be handled by hand")
