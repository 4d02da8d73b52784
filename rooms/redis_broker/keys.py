"""The Redis keys of a room's events; all share the room's hash tag, so they are one slot."""


def state(room_id: str) -> str:
    """Hash: epoch, offset, likes, pinned, source (last published source position)."""
    return f"kaibo:{{{room_id}}}:room"


def stream(room_id: str) -> str:
    """Stream: the latest numbered events; entry ids are `<offset>-0`."""
    return f"kaibo:{{{room_id}}}:events"


def presence(room_id: str) -> str:
    """Hash: worker id -> `<viewers>:<reported_at_ms>`."""
    return f"kaibo:{{{room_id}}}:presence"


def event_id(room_id: str, event_id: str) -> str:
    """String with a lifetime: an event with this id was published."""
    return f"kaibo:{{{room_id}}}:event:{event_id}"


def channel(room_id: str) -> str:
    return f"kaibo:{{{room_id}}}:live"


def room_of(channel_name: str) -> str:
    return channel_name[len("kaibo:{") : -len("}:live")]
