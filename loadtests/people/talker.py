"""Viewers who say something: comments and likes, at the rate that the scenario wants of all.

A comment carries an id of its own, so that one whose answer was lost may be said again. Everybody
else in the audience is in the swarm.
"""

import contextlib
import math
import time
from typing import ClassVar

from loadtests.people.person import Disappointed, Person
from loadtests.people.room_socket import LOST, new_id
from loadtests.scenario import Scenario
from server.wire.commands import Comment, Like

COMMENT_EVERY_S_MIN = 4.0  # the server allows a viewer 30 a minute; people are slower than that
LIKE_EVERY_S_MIN = 1.0
LIKES_AT_ONCE = 5
WORDS = (
    "does it come in green?",
    "how long does one tin last",
    "I have had mine for a year and love it",
    "please show the lid again",
    "hello from the second row",
    "is shipping included",
    "这个多少钱",
    "taking two if I can",
)


def talkers_of(scenario: Scenario) -> int:
    """How many people it takes to say that much; at most as many as there are viewers."""
    wanted = max(
        scenario.comments_per_s * COMMENT_EVERY_S_MIN,
        scenario.likes_per_s / LIKES_AT_ONCE * LIKE_EVERY_S_MIN,
    )
    return min(scenario.viewers, math.ceil(wanted * 1.25))


class Talker(Person):
    """One viewer who talks."""

    talkers: ClassVar[int] = 1  # how many share the scenario's rates

    def take_part(self) -> None:
        with contextlib.suppress(Disappointed, *LOST):
            self.enter(f"viewer {self.dice.randrange(1_000_000)}")
            while not self.show.is_closed:
                self.talk()

    def talk(self) -> None:
        """Wait for the next thing to say, and say it."""
        scenario = self.show.scenario
        rates = {"comment": scenario.comments_per_s, "like": scenario.likes_per_s / LIKES_AT_ONCE}
        every_s = self.talkers / max(sum(rates.values()), 1e-6)
        self.listen(self.dice.expovariate(1 / every_s))
        if self.show.is_closed:
            return
        if self.dice.random() * sum(rates.values()) < rates["comment"]:
            text = f"{self.dice.choice(WORDS)} {self.dice.randrange(10_000)}"
            self.ask("comment", Comment(text=text, comment_id=new_id()))
        else:
            self.ask("like", Like(count=LIKES_AT_ONCE))

    def listen(self, for_s: float) -> None:
        until_s = time.monotonic() + for_s
        while not self.show.is_closed and time.monotonic() < until_s:
            self.watch(min(1.0, until_s - time.monotonic()))
