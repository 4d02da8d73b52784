"""A room's house rules as one value: who may moderate, who may not speak, and how. Pure.

A host's role comes with its token and no rule binds it. Everybody else is a viewer whom the room
may have made its assistant, muted for a while, or banned; a ban weighs more than any role.
"""

from typing import Literal, NamedTuple

from rooms.moderation import fold

RoomRole = Literal["viewer", "assistant"]

ASSISTANTS_MAX = 50
MUTES_MAX = 1_000  # at once; one that has run out makes room
BANS_MAX = 1_000


class Rules(NamedTuple):
    """`version` is another one after every change; `folded_words` are `blocked_words` as
    `rooms.moderation.fold` sees them."""

    version: str = ""
    slow_mode_s: int = 0
    blocked_words: tuple[str, ...] = ()
    folded_words: tuple[str, ...] = ()
    assistants: frozenset[str] = frozenset()
    muted_until_ms: dict[str, int] = {}  # noqa: RUF012 - never written to
    banned: frozenset[str] = frozenset()

    def role_of(self, user_id: str) -> RoomRole:
        return "assistant" if user_id in self.assistants else "viewer"

    def muted_for_ms(self, user_id: str, now_ms: int) -> int:
        """How much longer the user may not speak; 0 if it may."""
        return max(0, self.muted_until_ms.get(user_id, 0) - now_ms)


def folded(words: tuple[str, ...]) -> tuple[str, ...]:
    """The distinct folded forms of `words`; a word of which nothing is left would match always,
    so it is left out."""
    return tuple(sorted({fold(word) for word in words} - {""}))
