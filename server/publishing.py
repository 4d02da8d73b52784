"""Typed events into what the broker carries, encoded here once for every viewer."""

import msgspec

from rooms.events import Delivery, Incoming, Outgoing
from rooms.polls import Poll
from rooms.questions import Question
from server.clock import now_ms
from server.views import poll_view, question_view
from server.wire.codec import MSGPACK
from server.wire.events import EVENTS, EventBody, PollEvent, QuestionEvent, SkippedEvent

_ARRAY_OF_FIVE = b"\x95"  # msgpack: ["event", type, offset, ts_ms, body]
HEADS = {name: _ARRAY_OF_FIVE + MSGPACK.encode("event") + MSGPACK.encode(name) for name in EVENTS}
_NAMES = {kind.body: name for name, kind in EVENTS.items()}


def local(body: EventBody, *, key: str = "") -> Incoming:
    """An event without a number that never leaves this worker."""
    return as_local(outgoing(body, key=key))


def as_local(event: Outgoing) -> Incoming:
    """An event without a number, as if it had come from the broker."""
    payload = event.head + MSGPACK.encode(None) + MSGPACK.encode(now_ms()) + event.body
    return Incoming(event.delivery, event.key, "", None, payload)


def skipped_notice(count: int) -> bytes:
    """The payload that tells a viewer how many comments it was not sent."""
    return local(SkippedEvent(count=count)).payload


def outgoing(
    body: EventBody,
    *,
    key: str = "",
    to: str = "",
    remember: tuple[tuple[str, str], ...] = (),
    source: str = "",
    event_id: str = "",
) -> Outgoing:
    """The event that carries `body`; its type and delivery class follow from the body's type."""
    name = _NAMES[type(body)]
    kind = EVENTS[name]
    return Outgoing(
        head=HEADS[name],
        body=MSGPACK.encode(msgspec.to_builtins(body)),
        delivery=Delivery(kind.delivery),
        numbered=kind.numbered,
        key=key,
        to=to,
        remember=remember,
        source=source,
        event_id=event_id,
    )


def poll_event(poll: Poll) -> Outgoing:
    return outgoing(PollEvent(poll=poll_view(poll)), key=f"poll:{poll.poll_id}")


def question_event(question: Question, *, is_answered: bool = False) -> Outgoing:
    body = QuestionEvent(question=question_view(question, is_answered=is_answered))
    return outgoing(body, key=f"question:{question.question_id}")
