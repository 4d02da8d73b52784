"""Questions in Redis: the open ones, their upvotes, and who gave them; each step is one script."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgpack
from redis.asyncio import Redis

from rooms.questions import (
    OPEN_MAX,
    OPEN_PER_USER_MAX,
    SHOWN_MAX,
    UPVOTERS_MAX,
    Question,
    QuestionOutcome,
    ranked,
)
from rooms.redis_broker import keys
from rooms.redis_broker.failing import unavailable_when_failing
from rooms.redis_broker.scripts import Scripts


class RedisQuestions:
    """The open questions of all rooms."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)

    async def ask(self, room_id: str, question: Question) -> QuestionOutcome:
        """ASKED, ROOM_FULL or USER_FULL."""
        content = (question.user_id, question.name, question.text, question.asked_at_ms)
        said = await self._scripts.call(
            "ask",
            [keys.questions(room_id), keys.upvotes(room_id), keys.askers(room_id)],
            question.question_id,
            msgpack.packb(content),
            question.user_id,
            OPEN_MAX,
            OPEN_PER_USER_MAX,
        )
        return QuestionOutcome(said.decode())

    async def upvote(self, room_id: str, question_id: str, user_id: str) -> QuestionOutcome:
        """UPVOTED, UNKNOWN_QUESTION or LIMIT_REACHED."""
        own = [keys.upvotes(room_id), keys.upvoters(room_id, question_id), keys.untold(room_id)]
        said = await self._scripts.call("upvote", own, question_id, user_id, UPVOTERS_MAX)
        return QuestionOutcome(said.decode())

    async def answer(self, room_id: str, question_id: str) -> Question | None:
        """The question, which is no longer open; None if there was none."""
        said, *found = await self._scripts.call(
            "answer",
            [
                keys.questions(room_id),
                keys.upvotes(room_id),
                keys.askers(room_id),
                keys.upvoters(room_id, question_id),
            ],
            question_id,
        )
        if QuestionOutcome(said.decode()) is QuestionOutcome.UNKNOWN_QUESTION:
            return None
        record, upvotes = found
        return _question(question_id, record, float(upvotes))

    async def top(self, room_id: str) -> list[Question]:
        """The SHOWN_MAX most upvoted open questions."""
        with unavailable_when_failing():
            best: Any = await self._redis.zrevrange(keys.upvotes(room_id), 0, SHOWN_MAX - 1)
        return ranked(await self.some(room_id, [question_id.decode() for question_id in best]))

    async def some(self, room_id: str, question_ids: Iterable[str]) -> list[Question]:
        """Those of these questions that are open."""
        ids = list(question_ids)
        if not ids:
            return []
        with unavailable_when_failing():
            pipe = self._redis.pipeline(transaction=True)
            pipe.hmget(keys.questions(room_id), ids)
            pipe.zmscore(keys.upvotes(room_id), ids)
            records, scores = await pipe.execute()
        return _questions(ids, records, scores)


def _questions(
    ids: Sequence[str], records: Sequence[bytes | None], scores: Sequence[float | None]
) -> list[Question]:
    return [
        _question(question_id, record, score)
        for question_id, record, score in zip(ids, records, scores, strict=True)
        if record is not None and score is not None
    ]


def _question(question_id: str, record: bytes, upvotes: float) -> Question:
    user_id, name, text, asked_at_ms = msgpack.unpackb(record)
    return Question(question_id, user_id, name, text, asked_at_ms, int(upvotes))
