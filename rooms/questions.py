"""Questions to the host: asked, upvoted once each, and gone when they are answered. Pure.

Only open questions are remembered, so what they take is bounded; the scripts of
`rooms/redis_broker/scripts` keep the bounds and answer with the words below.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

OPEN_MAX = 200  # in one room
OPEN_PER_USER_MAX = 5
UPVOTERS_MAX = 100_000  # of one question; what it may take of Redis
SHOWN_MAX = 20  # in a snapshot


class QuestionOutcome(StrEnum):
    """What became of a command."""

    ASKED = "ASKED"  # or had been asked before under the same id
    UPVOTED = "UPVOTED"  # or had been upvoted by the same user before
    ANSWERED = "ANSWERED"
    ROOM_FULL = "ROOM_FULL"
    USER_FULL = "USER_FULL"
    LIMIT_REACHED = "LIMIT_REACHED"
    UNKNOWN_QUESTION = "UNKNOWN_QUESTION"


class Question(NamedTuple):
    question_id: str
    user_id: str
    name: str
    text: str
    asked_at_ms: int
    upvotes: int


def ranked(questions: Iterable[Question]) -> list[Question]:
    """The most upvoted first; of equals, the one that waited longest."""
    return sorted(questions, key=lambda it: (-it.upvotes, it.asked_at_ms, it.question_id))
