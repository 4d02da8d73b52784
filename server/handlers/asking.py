"""Polls by the host, and questions to the host."""

from rooms import moderation
from rooms.polls import PollOutcome
from rooms.questions import Question, QuestionOutcome
from server.clock import now_ms
from server.handlers.parts import HandlerParts
from server.publishing import poll_event, question_event
from server.shown_text import nothing_to_show
from server.speech import admitted, own_id
from server.tokens import Caller
from server.views import poll_view, question_view
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody
from server.wire.together import (
    AnswerQuestion,
    AskQuestion,
    ClosePoll,
    OpenPoll,
    PollReply,
    QuestionReply,
    Upvote,
    Vote,
    Voted,
)

_WORDS: dict[PollOutcome | QuestionOutcome, str] = {
    PollOutcome.POLL_OPEN: "another poll is open; close it first",
    PollOutcome.POLL_CLOSED: "this poll is closed",
    PollOutcome.UNKNOWN_POLL: "there is no such poll in this room",
    PollOutcome.KEY_REUSED: "this id was used before with other content; use a new id",
    PollOutcome.ALREADY_VOTED: "you have voted; a vote cannot be changed",
    PollOutcome.LIMIT_REACHED: "this poll has as many voters as it may",
    QuestionOutcome.ROOM_FULL: "this room has as many open questions as it may; upvote one of them",
    QuestionOutcome.USER_FULL: "you have as many open questions as you may; wait for an answer",
    QuestionOutcome.LIMIT_REACHED: "this question has as many upvotes as it may",
    QuestionOutcome.UNKNOWN_QUESTION: "there is no such open question in this room",
}
_CODES = {
    QuestionOutcome.ROOM_FULL: ErrorCode.LIMIT_REACHED.value,
    QuestionOutcome.USER_FULL: ErrorCode.LIMIT_REACHED.value,
}


def _refusal(outcome: PollOutcome | QuestionOutcome, option: int | None = None) -> ErrorBody:
    code = _CODES.get(outcome, outcome.value) if isinstance(outcome, QuestionOutcome) else outcome
    return ErrorBody(code=str(code), message=_WORDS[outcome], option=option)


# Polls.


async def open_poll(
    parts: HandlerParts, caller: Caller, command: OpenPoll
) -> PollReply | ErrorBody:
    question = moderation.clean(command.question)
    if question is None:
        return nothing_to_show("question")
    options = [moderation.clean(option) for option in command.options]
    if None in options:
        return nothing_to_show(f"options[{options.index(None)}]")
    outcome = await parts.together.polls.open(
        caller.room_id, command.poll_id, question, [option for option in options if option]
    )
    if outcome is not PollOutcome.OPENED:
        return _refusal(outcome)
    await parts.counting.mark(caller.room_id, "poll", text=question)
    return await _told_poll(parts, caller.room_id, command.poll_id)


async def close_poll(
    parts: HandlerParts, caller: Caller, command: ClosePoll
) -> PollReply | ErrorBody:
    outcome = await parts.together.polls.close(caller.room_id, command.poll_id)
    if outcome is not PollOutcome.CLOSED:
        return _refusal(outcome)
    return await _told_poll(parts, caller.room_id, command.poll_id)


async def _told_poll(parts: HandlerParts, room_id: str, poll_id: str) -> PollReply | ErrorBody:
    poll = await parts.together.polls.last(room_id)
    if poll is None or poll.poll_id != poll_id:
        return _refusal(PollOutcome.UNKNOWN_POLL)  # another took its place meanwhile
    await parts.broker.publish(room_id, [poll_event(poll)])
    return PollReply(poll=poll_view(poll))


async def vote(parts: HandlerParts, caller: Caller, command: Vote) -> Voted | ErrorBody:
    ballot = await parts.together.polls.vote(
        caller.room_id, command.poll_id, caller.user_id, command.option
    )
    if ballot.outcome is PollOutcome.UNKNOWN_OPTION:
        return ErrorBody(
            code=ErrorCode.BAD_FIELD, message="$.option: no such option", field="$.option"
        )
    if ballot.outcome is not PollOutcome.VOTED:
        return _refusal(ballot.outcome, ballot.option)
    parts.together.changed.add(caller.room_id)
    return Voted(option=command.option)


# Questions.


async def ask_question(
    parts: HandlerParts, caller: Caller, command: AskQuestion
) -> QuestionReply | ErrorBody:
    text = await admitted(parts, caller, command.text)
    if isinstance(text, ErrorBody):
        return text
    question_id = own_id(caller.user_id, command.question_id, text)
    asked = Question(question_id, caller.user_id, caller.name, text, now_ms(), upvotes=0)
    outcome = await parts.together.questions.ask(caller.room_id, asked)
    if outcome is not QuestionOutcome.ASKED:
        return _refusal(outcome)
    return await _told_question(parts, caller.room_id, question_id, tell=True)


async def upvote(parts: HandlerParts, caller: Caller, command: Upvote) -> QuestionReply | ErrorBody:
    outcome = await parts.together.questions.upvote(
        caller.room_id, command.question_id, caller.user_id
    )
    if outcome is not QuestionOutcome.UPVOTED:
        return _refusal(outcome)
    parts.together.changed.add(caller.room_id)
    return await _told_question(parts, caller.room_id, command.question_id, tell=False)


async def _told_question(
    parts: HandlerParts, room_id: str, question_id: str, *, tell: bool
) -> QuestionReply | ErrorBody:
    found = await parts.together.questions.some(room_id, [question_id])
    if not found:
        return _refusal(QuestionOutcome.UNKNOWN_QUESTION)  # answered meanwhile
    if tell:
        await parts.broker.publish(room_id, [question_event(found[0])])
    return QuestionReply(question=question_view(found[0]))


async def answer_question(
    parts: HandlerParts, caller: Caller, command: AnswerQuestion
) -> QuestionReply | ErrorBody:
    question = await parts.together.questions.answer(caller.room_id, command.question_id)
    if question is None:
        return _refusal(QuestionOutcome.UNKNOWN_QUESTION)
    await parts.broker.publish(caller.room_id, [question_event(question, is_answered=True)])
    return QuestionReply(question=question_view(question, is_answered=True))
