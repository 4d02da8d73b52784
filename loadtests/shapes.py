"""How many are there when: shapes named after what happens to real rooms.

A shape is a curve, `share(t_s)`: which part of all is present so long after the beginning. Locust
follows it with its people, the swarm with its readers. To add one, write a class and name it in
SHAPES and in `ShapeName` of scenario.py.
"""

import math
from typing import ClassVar

from locust import LoadTestShape

from loadtests.scenario import Scenario

SPAWNED_PER_S_MAX = 200.0
STEP_S = 1.0  # how finely the swarm is told the curve
ARRIVED_BEFORE_S = 2.0  # everybody is there so long before the first countdown
SURGE_S = 60.0  # a celebrity's followers come within this
SOAK_WAVE_S = 300.0


class Shape(LoadTestShape):
    """The base: everybody comes before the first countdown and stays."""

    abstract: ClassVar[bool] = True

    def __init__(self, scenario: Scenario, people: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.scenario = scenario
        self.people = people

    @property
    def t_s(self) -> float:
        """Since the test began."""
        return float(self.get_run_time())  # type: ignore[no-untyped-call]

    def share(self, t_s: float) -> float:
        """From 0 to 1."""
        return min(1.0, t_s / self.arrival_s)

    @property
    def arrival_s(self) -> float:
        return max(1.0, self.scenario.opens_at_s - ARRIVED_BEFORE_S)

    def tick(self) -> tuple[int, float]:
        """Locust's question; the run, not the shape, ends the test."""
        wanted = math.ceil(self.people * self.share(self.t_s + STEP_S))
        return max(1, wanted), SPAWNED_PER_S_MAX

    def steps(self, count: int) -> list[tuple[float, int]]:
        """The same curve for `count` readers: from each moment, how many shall be there."""
        seconds = range(math.ceil(self.scenario.duration_s) + 1)
        wanted = [
            (second * STEP_S, round(count * self.share(second + STEP_S))) for second in seconds
        ]
        return [
            step
            for number, step in enumerate(wanted)
            if not number or step[1] != wanted[number - 1][1]
        ]


class CountdownRush(Shape):
    """Everybody is there when the countdown begins, and nobody leaves."""

    abstract = False


class SlowBurn(Shape):
    """They come evenly over most of the run; a sale is open all the while."""

    abstract = False

    @property
    def arrival_s(self) -> float:
        return self.scenario.duration_s * 0.8


class CelebrityJoin(Shape):
    """A tenth is there; then somebody famous joins, and ten times as many within a minute."""

    abstract = False
    before: ClassVar[float] = 0.1

    def share(self, t_s: float) -> float:
        joins_at_s = self.scenario.opens_at_s
        if t_s < joins_at_s:
            return self.before * min(1.0, t_s / max(1.0, joins_at_s / 2))
        surge_s = min(SURGE_S, (self.scenario.duration_s - joins_at_s) / 2)
        return min(1.0, self.before + (1 - self.before) * (t_s - joins_at_s) / surge_s)


class ReconnectStorm(Shape):
    """All come and stay; the storm is the scenario's `cut_viewers`."""

    abstract = False


class DeployInTheMiddle(Shape):
    """All come and stay; the deployment is the scenario's `replace_workers`."""

    abstract = False


class Soak(Shape):
    """All come, and then between three quarters and all of them are there, in slow waves. People
    who wait for a sale never leave: locust's count only grows."""

    abstract = False

    def share(self, t_s: float) -> float:
        if t_s < self.arrival_s:
            return super().share(t_s)
        wave = math.cos((t_s - self.arrival_s) / SOAK_WAVE_S * math.tau)
        return 0.875 + 0.125 * wave

    def tick(self) -> tuple[int, float]:
        arrived = min(1.0, (self.t_s + STEP_S) / self.arrival_s)
        return max(1, math.ceil(self.people * arrived)), SPAWNED_PER_S_MAX


SHAPES: dict[str, type[Shape]] = {
    "countdown_rush": CountdownRush,
    "slow_burn": SlowBurn,
    "celebrity_join": CelebrityJoin,
    "reconnect_storm": ReconnectStorm,
    "deploy_in_the_middle": DeployInTheMiddle,
    "soak": Soak,
}


def shape_of(scenario: Scenario, people: int) -> Shape:
    """The scenario's shape, for so many locust users."""
    return SHAPES[scenario.shape](scenario, people)
