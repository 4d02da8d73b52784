"""Typed events into what the broker carries, encoded here once for every viewer."""

import msgspec

from rooms.events import Delivery, Incoming, Outgoing
from server.clock import now_ms
from server.wire.codec import MSGPACK
from server.wire.events import EVENTS, EventBody, SkippedEvent

_ARRAY_OF_FIVE = b"\x95"  # msgpack: ["event", type, offset, ts_ms, body]
_HEADS = {name: _ARRAY_OF_FIVE + MSGPACK.encode("event") + MSGPACK.encode(name) for name in EVENTS}
_NAMES = {kind.body: name for name, kind in EVENTS.items()}


def local(body: EventBody, *, key: str = "") -> Incoming:
    """An event without a number that never leaves this worker."""
    event = outgoing(body, key=key)
    payload = event.head + MSGPACK.encode(None) + MSGPACK.encode(now_ms()) + event.body
    return Incoming(event.delivery, key, "", None, payload)


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
) -> Outgoing:
    """The event that carries `body`; its type and delivery class follow from the body's type."""
    name = _NAMES[type(body)]
    kind = EVENTS[name]
    return Outgoing(
        head=_HEADS[name],
        body=MSGPACK.encode(msgspec.to_builtins(body)),
        delivery=Delivery(kind.delivery),
        numbered=kind.numbered,
        key=key,
        to=to,
        remember=remember,
        source=source,
    )
