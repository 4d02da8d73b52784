"""Every command and the one function that carries it out, whichever door it came through."""

import asyncio
import logging

from inventory.ledger.engine import LedgerUnavailable
from inventory.payments.port import ProviderUnavailable
from inventory.store import StoreUnavailable
from rooms.broker import BrokerUnavailable
from server.handlers import (
    asking,
    buying,
    chat,
    moderation,
    readmitting,
    refunding,
    rundown,
    selling,
    showroom,
)
from server.handlers.parts import Handler, HandlerParts
from server.tokens import Caller
from server.wire.codes import ErrorCode
from server.wire.commands import Command, Reply
from server.wire.events import ErrorBody
from server.wire.roles import LEAST_ROLE, may

log = logging.getLogger("kaibo.dispatch")

LEDGER_RETRY_AFTER_MS = 1_000

HANDLERS: dict[str, Handler] = {
    "comment": chat.comment,
    "like": chat.like,
    "vote": asking.vote,
    "ask_question": asking.ask_question,
    "upvote": asking.upvote,
    "attention": chat.attention,
    "reserve": buying.reserve,
    "readmit": readmitting.readmit,
    "cancel": buying.cancel,
    "pay": buying.pay,
    "holds": buying.holds,
    "remove_comment": chat.remove_comment,
    "pin_comment": chat.pin_comment,
    "announce": chat.announce,
    "mute": moderation.mute,
    "unmute": moderation.unmute,
    "ban": moderation.ban,
    "unban": moderation.unban,
    "set_rules": moderation.set_rules,
    "rules": moderation.rules,
    "open_poll": asking.open_poll,
    "close_poll": asking.close_poll,
    "answer_question": asking.answer_question,
    "viewers": moderation.viewers,
    "set_role": moderation.set_role,
    "put_room": showroom.put_room,
    "put_product": showroom.put_product,
    "order_products": showroom.order_products,
    "pin": showroom.pin,
    "put_sale": selling.put_sale,
    "start_sale": selling.start_sale,
    "end_sale": selling.end_sale,
    "pause_sale": selling.pause_sale,
    "resume_sale": selling.resume_sale,
    "restock": selling.restock,
    "refund": refunding.refund,
    "rundown": rundown.show,
    "put_rundown": rundown.put,
    "run_step": rundown.run_step,
}


class Dispatcher:
    """Runs commands for callers whose token was read; a store that is away becomes UNAVAILABLE."""

    def __init__(self, parts: HandlerParts) -> None:
        self._parts = parts
        self._known_rooms: set[str] = set()  # rooms are never deleted, so this needs no expiry

    async def handle(self, caller: Caller, op: str, command: Command) -> Reply | ErrorBody:
        """The reply, or the error that says why nothing was changed (or, for UNAVAILABLE, that
        the client does not know and should retry with the same id)."""
        if LEAST_ROLE[op] == "host" and caller.role != "host":
            return _forbidden(op)
        try:
            if op != "put_room" and not await self._room_exists(caller.room_id):
                return ErrorBody(
                    code=ErrorCode.UNKNOWN_ROOM, message=f"there is no room {caller.room_id}"
                )
            known = await self._parts.together.known(caller)
            if known is None:
                return ErrorBody(code=ErrorCode.FORBIDDEN, message="you are banned from this room")
            if not may(known.role, op):
                return _forbidden(op)
            return await HANDLERS[op](self._parts, known, command)
        except (StoreUnavailable, BrokerUnavailable) as error:
            return _unavailable(op, error, error.retry_after_ms)
        except (LedgerUnavailable, ProviderUnavailable) as error:
            return _unavailable(op, error, LEDGER_RETRY_AFTER_MS)

    async def _room_exists(self, room_id: str) -> bool:
        if room_id in self._known_rooms:
            return True
        if await asyncio.to_thread(self._parts.catalogue.room, room_id) is None:
            return False
        self._known_rooms.add(room_id)
        return True


def _forbidden(op: str) -> ErrorBody:
    needed = "a host's token" if LEAST_ROLE[op] == "host" else "a host, or an assistant of one,"
    return ErrorBody(code=ErrorCode.FORBIDDEN, message=f"{op} needs {needed} for this room")


def _unavailable(op: str, error: Exception, retry_after_ms: int) -> ErrorBody:
    log.warning("%s: %s", op, error)
    return ErrorBody(
        code=ErrorCode.UNAVAILABLE,
        message="a store is not answering; nothing is promised yet: retry with the same id",
        retry_after_ms=retry_after_ms,
    )
