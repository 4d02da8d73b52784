"""Every command and the one function that carries it out, whichever door it came through."""

import asyncio
import logging

from inventory.ledger.engine import LedgerUnavailable
from inventory.store import StoreUnavailable
from rooms.broker import BrokerUnavailable
from server.handlers import buying, chat, selling, showroom
from server.handlers.parts import Handler, HandlerParts
from server.tokens import Caller
from server.wire.codes import ErrorCode
from server.wire.commands import HOST_ONLY, Command, Reply
from server.wire.events import ErrorBody

log = logging.getLogger("kaibo.dispatch")

LEDGER_RETRY_AFTER_MS = 1_000

HANDLERS: dict[str, Handler] = {
    "comment": chat.comment,
    "like": chat.like,
    "reserve": buying.reserve,
    "cancel": buying.cancel,
    "pay": buying.pay,
    "holds": buying.holds,
    "put_room": showroom.put_room,
    "put_product": showroom.put_product,
    "pin": showroom.pin,
    "put_sale": selling.put_sale,
    "start_sale": selling.start_sale,
    "end_sale": selling.end_sale,
    "restock": selling.restock,
}


class Dispatcher:
    """Runs commands for callers whose token was read; a store that is away becomes UNAVAILABLE."""

    def __init__(self, parts: HandlerParts) -> None:
        self._parts = parts
        self._known_rooms: set[str] = set()  # rooms are never deleted, so this needs no expiry

    async def handle(self, caller: Caller, op: str, command: Command) -> Reply | ErrorBody:
        """The reply, or the error that says why nothing was changed (or, for UNAVAILABLE, that
        the client does not know and should retry with the same id)."""
        if op in HOST_ONLY and caller.role != "host":
            return ErrorBody(
                code=ErrorCode.FORBIDDEN, message=f"{op} needs a host's token for this room"
            )
        try:
            if op != "put_room" and not await self._room_exists(caller.room_id):
                return ErrorBody(
                    code=ErrorCode.UNKNOWN_ROOM, message=f"there is no room {caller.room_id}"
                )
            return await HANDLERS[op](self._parts, caller, command)
        except (StoreUnavailable, BrokerUnavailable) as error:
            return _unavailable(op, error, error.retry_after_ms)
        except LedgerUnavailable as error:
            return _unavailable(op, error, LEDGER_RETRY_AFTER_MS)

    async def _room_exists(self, room_id: str) -> bool:
        if room_id in self._known_rooms:
            return True
        if await asyncio.to_thread(self._parts.catalogue.room, room_id) is None:
            return False
        self._known_rooms.add(room_id)
        return True


def _unavailable(op: str, error: Exception, retry_after_ms: int) -> ErrorBody:
    log.warning("%s: %s", op, error)
    return ErrorBody(
        code=ErrorCode.UNAVAILABLE,
        message="a store is not answering; nothing is promised yet: retry with the same id",
        retry_after_ms=retry_after_ms,
    )
