"""Comments as the room's stream has them: the one place where the server reads its own events.

The stream is never rewritten. A removal is a later event in it, so as long as a comment is there,
so is what removed it.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from rooms.events import Incoming, Outgoing
from server.publishing import HEADS, outgoing
from server.wire.codec import MSGPACK
from server.wire.events import CommentEvent, CommentPinnedEvent, CommentRemovedEvent
from server.wire.views import CommentView

PINNED = "pinned_comment"  # the field of the room's state that remembers it
_AT, _BODY = 3, 4  # their places in an event
_SAID, _REMOVED = HEADS["comment"], HEADS["comment_removed"]


def removed_ids(recent: Sequence[Incoming]) -> frozenset[str]:
    """The ids of the comments that were removed."""
    return frozenset(
        msgspec.convert(_body(event), CommentRemovedEvent).comment_id
        for event in recent
        if event.payload.startswith(_REMOVED)
    )


def newest_first(recent: Sequence[Incoming]) -> Iterator[CommentView]:
    """All comments, removed ones too; read only as far as the caller goes."""
    return (
        msgspec.convert(_body(event), CommentEvent).comment
        for event in reversed(recent)
        if event.payload.startswith(_SAID)
    )


def told(recent: Sequence[Incoming]) -> Iterator[tuple[int, CommentView]]:
    """All comments, removed ones too, oldest first, each with when it was said (ms)."""
    for event in recent:
        if event.payload.startswith(_SAID):
            parts = MSGPACK.decode(event.payload)
            yield parts[_AT], msgspec.convert(parts[_BODY], CommentEvent).comment


def find(recent: Sequence[Incoming], comment_id: str) -> CommentView | None:
    """One comment, removed or not."""
    return next((it for it in newest_first(recent) if it.comment_id == comment_id), None)


def shown(recent: Sequence[Incoming], comments_max: int) -> list[CommentView]:
    """The latest comments that were not removed, oldest first."""
    removed = removed_ids(recent)
    kept: list[CommentView] = []
    for comment in newest_first(recent):
        if comment.comment_id not in removed:
            kept.append(comment)
        if len(kept) == comments_max:
            break
    kept.reverse()
    return kept


def _body(event: Incoming) -> object:
    return MSGPACK.decode(event.payload)[_BODY]


def pinned(fields: Mapping[str, str]) -> CommentView | None:
    """The pinned comment among a room's remembered fields."""
    packed = fields.get(PINNED)
    return msgspec.json.decode(packed, type=CommentView) if packed else None


def pinning(comment: CommentView | None) -> Outgoing:
    """The event that pins `comment`, or unpins with None."""
    remembered = msgspec.json.encode(comment).decode() if comment else ""
    return outgoing(CommentPinnedEvent(comment=comment), remember=((PINNED, remembered),))
