"""A poll: one question, a few options, one vote each, for good. Pure; its twin is vote.lua.

A room has one poll at a time. The last one is remembered, closed or not, until another is opened,
so opening, voting and closing may each be repeated and change nothing.
"""

from enum import StrEnum
from typing import NamedTuple

VOTERS_MAX = 200_000  # of one poll; what it may take of Redis


class PollOutcome(StrEnum):
    """What became of a command; the scripts answer with these words."""

    OPENED = "OPENED"
    CLOSED = "CLOSED"
    VOTED = "VOTED"  # or had voted the same before
    ALREADY_VOTED = "ALREADY_VOTED"
    POLL_OPEN = "POLL_OPEN"  # another one is
    POLL_CLOSED = "POLL_CLOSED"
    UNKNOWN_POLL = "UNKNOWN_POLL"
    UNKNOWN_OPTION = "UNKNOWN_OPTION"
    KEY_REUSED = "KEY_REUSED"
    LIMIT_REACHED = "LIMIT_REACHED"


class Poll(NamedTuple):
    """`votes` counts per option, in the order of `options`."""

    poll_id: str
    question: str
    options: tuple[str, ...]
    votes: tuple[int, ...]
    is_closed: bool


class Ballot(NamedTuple):
    """What a vote came to; `option` is the caller's own vote as it stands, if there is one."""

    outcome: PollOutcome
    option: int | None
