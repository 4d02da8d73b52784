"""Comments and likes."""

import secrets

from server.clock import now_ms
from server.handlers.parts import HandlerParts
from server.publishing import outgoing
from server.shown_text import shown
from server.tokens import Caller
from server.wire.codes import ErrorCode
from server.wire.commands import Comment, Commented, Done, Like
from server.wire.events import CommentEvent, ErrorBody
from server.wire.views import CommentView


async def comment(parts: HandlerParts, caller: Caller, command: Comment) -> Commented | ErrorBody:
    text = shown(command.text, "text")
    if isinstance(text, ErrorBody):
        return text
    wait_ms = 0
    if caller.role != "host":
        wait_ms = parts.comment_limiter.take(f"{caller.room_id}:{caller.user_id}", now_ms())
    if wait_ms:
        return ErrorBody(
            code=ErrorCode.RATE_LIMITED,
            message=f"too many comments; try again in {-(-wait_ms // 1000)} s",
            retry_after_ms=wait_ms,
        )
    view = CommentView(
        comment_id=secrets.token_urlsafe(9),
        user_id=caller.user_id,
        name=caller.name,
        role=caller.role,
        text=text,
    )
    await parts.broker.publish(caller.room_id, [outgoing(CommentEvent(comment=view))])
    return Commented(comment=view)


async def like(parts: HandlerParts, caller: Caller, command: Like) -> Done:
    parts.likes.add(caller.room_id, command.count)
    return Done()
