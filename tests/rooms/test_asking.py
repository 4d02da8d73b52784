"""Polls and questions in a real Redis: counted once, bounded, and the scripts' words are ours."""

import asyncio
import re

import pytest
from redis.asyncio import Redis

from rooms.polls import PollOutcome
from rooms.questions import Question, QuestionOutcome, ranked
from rooms.redis_broker import keys
from rooms.redis_broker.broker import RedisBroker
from rooms.redis_broker.polls import RedisPolls
from rooms.redis_broker.questions import RedisQuestions
from rooms.redis_broker.roster import NAMES_MAX, RedisRoster, Watching
from rooms.redis_broker.scripts import SCRIPT_NAMES, source_of
from rooms.redis_broker.tallies import POLL, RedisTallies

WORDS: dict[str, type[PollOutcome | QuestionOutcome]] = {
    "open_poll": PollOutcome,
    "vote": PollOutcome,
    "close_poll": PollOutcome,
    "ask": QuestionOutcome,
    "upvote": QuestionOutcome,
    "answer": QuestionOutcome,
}


def words_of(name: str) -> set[str]:
    """The outcomes in a script: capital words that are no commands of Redis."""
    code = re.sub(r"--.*|redis\.call\('[A-Z]+'", "", source_of(name))
    return set(re.findall(r"'([A-Z_]{4,})'", code))


@pytest.mark.parametrize("name", WORDS)
def test_a_script_says_what_its_header_and_the_enum_say(name: str) -> None:
    words = words_of(name)
    header = "\n".join(line for line in source_of(name).splitlines() if line.startswith("--"))
    assert words <= {outcome.value for outcome in WORDS[name]}
    if name != "vote":  # its header refers to the enum
        assert not [word for word in words if word not in header]


def test_every_outcome_comes_from_some_script() -> None:
    said = set().union(*(words_of(name) for name in WORDS))
    assert said == {outcome.value for outcome in (*PollOutcome, *QuestionOutcome)}
    assert set(WORDS) <= set(SCRIPT_NAMES)


async def test_a_hundred_voters_at_once_are_counted_once_each(redis: Redis) -> None:
    polls = RedisPolls(redis)
    assert await polls.open("r", "p", "Which?", ["a", "b"]) is PollOutcome.OPENED
    ballots = await asyncio.gather(
        *(polls.vote("r", "p", f"u{n % 50}", n % 2) for n in range(100)),
        *(polls.vote("r", "p", f"u{n % 50}", (n + 1) % 2) for n in range(50)),
    )
    poll = await polls.last("r")
    assert poll is not None and sum(poll.votes) == 50
    assert {ballot.outcome for ballot in ballots} <= {
        PollOutcome.VOTED,
        PollOutcome.ALREADY_VOTED,
    }


async def test_a_poll_takes_no_more_voters_than_it_may(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rooms.redis_broker.polls.VOTERS_MAX", 2)
    polls = RedisPolls(redis)
    await polls.open("r", "p", "Which?", ["a", "b"])
    outcomes = [(await polls.vote("r", "p", user, 0)).outcome for user in ("ann", "bob", "cat")]
    assert outcomes == [PollOutcome.VOTED, PollOutcome.VOTED, PollOutcome.LIMIT_REACHED]
    assert (await polls.vote("r", "p", "ann", 0)).outcome is PollOutcome.VOTED


async def test_a_new_poll_begins_at_nothing(redis: Redis) -> None:
    polls = RedisPolls(redis)
    await polls.open("r", "p", "Which?", ["a", "b", "c"])
    await polls.vote("r", "p", "ann", 2)
    await polls.close("r", "p")
    await polls.open("r", "q", "And which?", ["x", "y"])
    assert (await polls.vote("r", "q", "ann", 2)).outcome is PollOutcome.UNKNOWN_OPTION
    assert await polls.vote("r", "q", "ann", 1) == (PollOutcome.VOTED, 1)
    poll = await polls.last("r")
    assert poll is not None and (poll.options, poll.votes) == (("x", "y"), (0, 1))


def question(number: int, upvotes: int = 0, user: str = "") -> Question:
    return Question(f"q{number}", user or f"u{number}", "Ann", "Why?", number, upvotes)


def test_the_most_upvoted_are_first_and_of_equals_the_oldest() -> None:
    asked = [question(1), question(2, 5), question(3, 5), question(4, 9)]
    assert [it.question_id for it in ranked(asked)] == ["q4", "q2", "q3", "q1"]


async def test_an_answered_question_leaves_nothing_behind(redis: Redis) -> None:
    questions = RedisQuestions(redis)
    for number in range(3):
        assert await questions.ask("r", question(number, user="ann")) is QuestionOutcome.ASKED
    await questions.upvote("r", "q1", "bob")
    assert await questions.answer("r", "q1") == question(1, upvotes=1, user="ann")
    assert await questions.answer("r", "q1") is None
    assert [it.question_id for it in await questions.top("r")] == ["q0", "q2"]
    for number in (0, 2):
        await questions.answer("r", f"q{number}")
    assert [key async for key in redis.scan_iter("kaibo:{r}:*")] == [b"kaibo:{r}:untold"]


async def test_only_the_most_upvoted_are_shown(redis: Redis) -> None:
    questions = RedisQuestions(redis)
    for number in range(30):
        await questions.ask("r", question(number))
    for number in range(10, 30):
        await questions.upvote("r", f"q{number}", "bob")
    assert {it.question_id for it in await questions.top("r")} == {f"q{n}" for n in range(10, 30)}


async def test_one_of_all_workers_is_given_what_there_is_to_tell(redis: Redis) -> None:
    polls, questions = RedisPolls(redis), RedisQuestions(redis)
    await polls.open("r", "p", "Which?", ["a", "b"])
    await questions.ask("r", question(1))
    workers = [RedisTallies(redis, told_every_ms=60_000) for _ in range(3)]
    assert [await worker.take("r") for worker in workers] == [set(), set(), set()]
    await polls.vote("r", "p", "ann", 0)
    await questions.upvote("r", "q1", "ann")
    assert [await worker.take("r") for worker in workers] == [{POLL, "q1"}, set(), set()]
    await polls.vote("r", "p", "bob", 0)
    assert await workers[0].take("r") is None, "viewers were told a moment ago"
    await redis.delete("kaibo:{r}:tally")
    assert await workers[1].take("r") == {POLL}


async def test_names_that_come_before_their_worker_is_counted_are_kept(redis: Redis) -> None:
    """The two are told on different beats; who asks in between must not make them be forgotten."""
    roster, broker = RedisRoster(redis), RedisBroker(redis, events_kept=10)
    ann = Watching("u_ann", "Ann")
    await roster.report("early", "one", [ann])
    assert (await roster.read("early", now_ms=1)).watching == []
    await broker.count_viewers("early", "one", 1, now_ms=2)
    assert (await roster.read("early", now_ms=3)).watching == [ann]
    await broker.count_viewers("early", "two", 1, now_ms=60_000)
    assert await redis.hlen(keys.roster("early")) == 0, "names of a worker that is gone"


async def test_a_roster_has_each_viewer_once_bounded_and_without_dead_workers(
    redis: Redis,
) -> None:
    roster = RedisRoster(redis)
    await redis.hset("kaibo:{r}:presence", mapping={"one": "2:1000", "two": "1:9000"})
    ann, bob = Watching("ann", "Ann"), Watching("bob", "Bob")
    await roster.report("r", "one", [ann, bob])
    await roster.report("r", "two", [ann])
    found = await roster.read("r", now_ms=10_000)
    assert (found.connections, sorted(found.watching)) == (3, [ann, bob])
    found = await roster.read("r", now_ms=12_000)
    assert (found.connections, found.watching) == (1, [ann])
    many = [Watching(f"u{n}", "U") for n in range(NAMES_MAX + 50)]
    await roster.report("r", "two", many)
    assert len((await roster.read("r", now_ms=12_000)).watching) == NAMES_MAX
    await roster.report("r", "two", [])
    assert (await roster.read("r", now_ms=12_000)).watching == []
