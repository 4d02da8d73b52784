"""Commands about what people do together: moderation, polls, questions, and who is here."""

from typing import Annotated, Literal

from msgspec import Meta

from server.wire.bodies import Command, Reply
from server.wire.fields import Announcement, CommentRef, Id, PollOption, Text, Title, Uuid7, Word
from server.wire.views import MuteView, PollView, QuestionView, UserView

# Everyone.


class Vote(Command, frozen=True):
    """One vote each, for good. `option` counts from 0."""

    poll_id: Id
    option: Annotated[int, Meta(ge=0, le=5)]


class Voted(Reply, frozen=True):
    """`option`: your own vote."""

    option: int


class AskQuestion(Command, frozen=True):
    """With a `question_id`, asking the same again while it is open asks it once."""

    text: Text
    question_id: Uuid7 | None = None


class QuestionReply(Reply, frozen=True):
    question: QuestionView


class Upvote(Command, frozen=True):
    """Counts once for each user."""

    question_id: CommentRef


class Attention(Command, frozen=True):
    """Products that came into view, and whose buy button was pressed, on this page since the last
    of these. Counted once for each user, a press also as a look, and by number only."""

    seen: Annotated[list[Id], Meta(max_length=20)]
    clicked: Annotated[list[Id], Meta(max_length=20)]


# Hosts and their assistants.


class RemoveComment(Command, frozen=True):
    """Take a comment off every screen."""

    comment_id: CommentRef


class PinComment(Command, frozen=True):
    """Show a comment above the others; null unpins."""

    comment_id: CommentRef | None


class Announce(Command, frozen=True):
    text: Announcement


class Mute(Command, frozen=True):
    """The user's comments and questions are refused for so long."""

    user_id: Id
    duration_s: Annotated[int, Meta(ge=1, le=604_800)]


class Unmute(Command, frozen=True):
    user_id: Id


class Ban(Command, frozen=True):
    """The user's connections are closed, and new ones refused, until `unban`."""

    user_id: Id


class Unban(Command, frozen=True):
    user_id: Id


class SetRules(Command, frozen=True):
    """All the rules anew. `slow_mode_s`: the pause between two comments of a viewer, 0 for none.
    A blocked word is found in any dress, also inside other words."""

    slow_mode_s: Annotated[int, Meta(ge=0, le=3_600)]
    blocked_words: Annotated[list[Word], Meta(max_length=200)]


class ShowRules(Command, frozen=True):
    """The rules, and whom they bind."""


class RulesReply(Reply, frozen=True):
    slow_mode_s: int
    blocked_words: list[str]
    assistants: list[str]
    mutes: list[MuteView]
    bans: list[str]


class OpenPoll(Command, frozen=True):
    """One poll is open at a time. Opening it again changes nothing."""

    poll_id: Id
    question: Title
    options: Annotated[list[PollOption], Meta(min_length=2, max_length=6)]


class PollReply(Reply, frozen=True):
    poll: PollView


class ClosePoll(Command, frozen=True):
    """Nobody can vote any more. Closing it again changes nothing."""

    poll_id: Id


class AnswerQuestion(Command, frozen=True):
    """It was answered, or will not be: it leaves the list of open questions."""

    question_id: CommentRef


class ShowViewers(Command, frozen=True):
    """Who watches, over all workers."""


class ViewersReply(Reply, frozen=True):
    """`count` is of connections; `viewers` names at most 200 users, of the last few seconds."""

    count: int
    viewers: list[UserView]


# Hosts.


class SetRole(Command, frozen=True):
    """Make a user the room's assistant, who may moderate but not sell, or a viewer again."""

    user_id: Id
    role: Literal["assistant", "viewer"]
