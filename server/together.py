"""What people do together in a room beside watching and buying: the parts of it, in one place.

The rules (who may speak), polls, questions, and who is here. app.py makes one for each worker.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from rooms.redis_broker.polls import RedisPolls
from rooms.redis_broker.questions import RedisQuestions
from rooms.redis_broker.roster import RedisRoster
from rooms.redis_broker.rules import RedisRules
from rooms.redis_broker.tallies import RedisTallies
from rooms.rulebook import Rulebook
from server.tokens import Caller

if TYPE_CHECKING:
    from redis.asyncio import Redis

TALLIES_TOLD_EVERY_MS = 450  # about twice a second, over all workers


@dataclass(frozen=True, kw_only=True)
class Together:
    """Of one worker. `changed`: rooms in which somebody voted or upvoted through this worker, and
    whose counts may have to be told; at most one entry per open room."""

    rules: RedisRules
    rulebook: Rulebook
    polls: RedisPolls
    questions: RedisQuestions
    tallies: RedisTallies
    roster: RedisRoster
    changed: set[str]

    async def known(self, caller: Caller) -> Caller | None:
        """The caller with the role that the room gave it; None if the room banned it."""
        if caller.role == "host":
            return caller
        rules = await self.rulebook.of(caller.room_id)
        if caller.user_id in rules.banned:
            return None
        role = rules.role_of(caller.user_id)
        return caller if role == caller.role else msgspec.structs.replace(caller, role=role)


def together_on(redis: "Redis") -> Together:
    rules = RedisRules(redis)
    return Together(
        rules=rules,
        rulebook=Rulebook(rules),
        polls=RedisPolls(redis),
        questions=RedisQuestions(redis),
        tallies=RedisTallies(redis, told_every_ms=TALLIES_TOLD_EVERY_MS),
        roster=RedisRoster(redis),
        changed=set(),
    )
