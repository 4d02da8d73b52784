"""Comments, what becomes of them, announcements, and likes."""

from server import figures, said
from server.clock import now_ms
from server.handlers.parts import HandlerParts
from server.publishing import outgoing
from server.shown_text import shown
from server.speech import admitted, own_id, slowed
from server.tokens import Caller
from server.wire.codes import ErrorCode
from server.wire.commands import Comment, Commented, Done, Like
from server.wire.events import AnnouncementEvent, CommentEvent, CommentRemovedEvent, ErrorBody
from server.wire.together import Announce, Attention, PinComment, RemoveComment
from server.wire.views import CommentView


async def comment(parts: HandlerParts, caller: Caller, command: Comment) -> Commented | ErrorBody:
    text = await admitted(parts, caller, command.text)
    if isinstance(text, ErrorBody):
        return text
    comment_id = own_id(caller.user_id, command.comment_id, text)
    refused = await slowed(parts, caller, comment_id)
    if refused is not None:
        return refused
    view = CommentView(
        comment_id=comment_id,
        user_id=caller.user_id,
        name=caller.name,
        role=caller.role,
        text=text,
    )
    event_id = f"comment:{comment_id}" if command.comment_id else ""
    if await _is_sampled_out(parts, caller, event_id):
        return Commented(comment=view, shown=False)
    event = outgoing(CommentEvent(comment=view), event_id=event_id)
    await parts.broker.publish(caller.room_id, [event])
    parts.counting.tally.add(caller.room_id, figures.COMMENTS)
    return Commented(comment=view, shown=True)


async def _is_sampled_out(parts: HandlerParts, caller: Caller, event_id: str) -> bool:
    """Whether the room has more comments than its others are shown. What was shown already, and is
    only being said again because the answer got lost, is not."""
    if caller.role != "viewer" or not parts.room_limiter.take(caller.room_id, now_ms()):
        return False
    return not (event_id and await parts.broker.was_published(caller.room_id, event_id))


async def remove_comment(
    parts: HandlerParts, caller: Caller, command: RemoveComment
) -> Done | ErrorBody:
    record = await parts.broker.record(caller.room_id, parts.events_kept)
    if said.find(record.recent, command.comment_id) is None:
        return _unknown_comment()
    removed = CommentRemovedEvent(comment_id=command.comment_id)
    events = [outgoing(removed, event_id=f"removed:{command.comment_id}")]
    pinned = said.pinned(record.fields)
    if pinned is not None and pinned.comment_id == command.comment_id:
        events.append(said.pinning(None))
    await parts.broker.publish(caller.room_id, events)
    return Done()


async def pin_comment(parts: HandlerParts, caller: Caller, command: PinComment) -> Done | ErrorBody:
    comment = None
    if command.comment_id is not None:
        record = await parts.broker.record(caller.room_id, parts.events_kept)
        comment = said.find(record.recent, command.comment_id)
        if comment is None or comment.comment_id in said.removed_ids(record.recent):
            return _unknown_comment()
    await parts.broker.publish(caller.room_id, [said.pinning(comment)])
    return Done()


def _unknown_comment() -> ErrorBody:
    return ErrorBody(
        code=ErrorCode.UNKNOWN_COMMENT, message="this room has no such comment, or no longer"
    )


async def announce(parts: HandlerParts, caller: Caller, command: Announce) -> Done | ErrorBody:
    text = shown(command.text, "text")
    if isinstance(text, ErrorBody):
        return text
    await parts.broker.publish(caller.room_id, [outgoing(AnnouncementEvent(text=text))])
    await parts.counting.mark(caller.room_id, "announcement", text=text)
    return Done()


async def attention(parts: HandlerParts, caller: Caller, command: Attention) -> Done:
    if caller.role == "viewer":
        seen = [*command.seen, *command.clicked]  # who pressed its button saw it, if in the list
        for name, products in ((figures.SEEN, seen), (figures.CLICKED, command.clicked)):
            for product_id in products:
                parts.counting.tally.add_once(caller.room_id, caller.user_id, name, product_id)
                parts.counting.tally.add_once(caller.room_id, caller.user_id, name, "")
    return Done()


async def like(parts: HandlerParts, caller: Caller, command: Like) -> Done:
    parts.likes.add(caller.room_id, command.count)
    return Done()
