"""The Redis keys of a room's events and of what its people do; all share the room's hash tag, so
they are one slot. docs/reference/redis-keys.md describes each; a test compares the two.
"""


def _of_room(room_id: str, name: str) -> str:
    return f"kaibo:{{{room_id}}}:{name}"


def state(room_id: str) -> str:
    """Hash: epoch, offset, likes, pinned, pinned_comment, source (last published position)."""
    return _of_room(room_id, "room")


def stream(room_id: str) -> str:
    """Stream: the latest numbered events; entry ids are `<offset>-0`."""
    return _of_room(room_id, "events")


def presence(room_id: str) -> str:
    """Hash: worker id -> `<viewers>:<reported_at_ms>`."""
    return _of_room(room_id, "presence")


def roster(room_id: str) -> str:
    """Hash: worker id -> some of its viewers' ids and names, msgpack."""
    return _of_room(room_id, "roster")


def event_id(room_id: str, event_id: str) -> str:
    """String with a lifetime: an event with this id was published."""
    return _of_room(room_id, f"event:{event_id}")


def rules(room_id: str) -> str:
    """Hash: version, slow_mode_s, blocked_words (msgpack)."""
    return _of_room(room_id, "rules")


def roles(room_id: str) -> str:
    """Hash: user id -> role, for those who are more than viewers."""
    return _of_room(room_id, "roles")


def mutes(room_id: str) -> str:
    """Hash: user id -> until when, in ms."""
    return _of_room(room_id, "mutes")


def bans(room_id: str) -> str:
    """Hash: user id -> since when, in ms."""
    return _of_room(room_id, "bans")


def slow(room_id: str, user_id: str) -> str:
    """String with a lifetime: the comment after which this user has to wait."""
    return _of_room(room_id, f"slow:{user_id}")


def poll(room_id: str) -> str:
    """Hash: the last poll: id, content (msgpack), closed, and n0, n1, ... votes."""
    return _of_room(room_id, "poll")


def votes(room_id: str) -> str:
    """Hash: user id -> the option it voted for in the last poll."""
    return _of_room(room_id, "votes")


def questions(room_id: str) -> str:
    """Hash: question id -> user id, name, text, when (msgpack); the open ones."""
    return _of_room(room_id, "questions")


def upvotes(room_id: str) -> str:
    """Sorted set: the open questions by upvotes."""
    return _of_room(room_id, "upvotes")


def askers(room_id: str) -> str:
    """Hash: user id -> how many open questions are its own."""
    return _of_room(room_id, "askers")


def upvoters(room_id: str, question_id: str) -> str:
    """Set: who upvoted an open question."""
    return _of_room(room_id, f"upvoters:{question_id}")


def untold(room_id: str) -> str:
    """Set: `poll` and question ids whose counts changed since viewers were told."""
    return _of_room(room_id, "untold")


def tally(room_id: str) -> str:
    """String with a lifetime: counts were told a moment ago."""
    return _of_room(room_id, "tally")


def hour(room_id: str, hour: int) -> str:
    """Hash with a lifetime: `minute|name|about` -> how often, for one hour since 1970."""
    return _of_room(room_id, f"hour:{hour}")


def counted(room_id: str) -> str:
    """String: the outbox position up to which sales were counted into the hours."""
    return _of_room(room_id, "counted")


def marks(room_id: str) -> str:
    """Stream: the latest moments worth marking beside the counts."""
    return _of_room(room_id, "marks")


def rundown(room_id: str) -> str:
    """Hash: version, steps (msgpack), and `done:` with the id of each step that was done."""
    return _of_room(room_id, "rundown")


def channel(room_id: str) -> str:
    return _of_room(room_id, "live")


def room_of(channel_name: str) -> str:
    return channel_name[len("kaibo:{") : -len("}:live")]
