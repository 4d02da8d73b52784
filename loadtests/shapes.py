"""How many are there when: shapes named after what happens to real rooms. Pure.

A shape is a curve, `share(t_s)`: which part of all is present so long after the beginning. Locust
follows it with its people (people/following.py), the swarm with its readers. To add one, write a
class and name it in SHAPES and in `ShapeName` of scenario.py.
"""

import math

from loadtests.scenario import Scenario

STEP_S = 1.0  # how finely a curve is followed
ARRIVED_BEFORE_S = 2.0  # everybody is there so long before the first countdown
SURGE_S = 60.0  # a celebrity's followers come within this
SURGE_FROM_SHARE = 0.1
SOAK_WAVE_S = 300.0
SOAK_SHARE_MIN = 0.75


class Shape:
    """The base: everybody comes before the first countdown and stays."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def __repr__(self) -> str:
        return f"<{type(self).__name__} over {self.scenario.duration_s:g} s>"

    def share(self, t_s: float) -> float:
        """Of the readers, from 0 to 1."""
        return min(1.0, t_s / self.arrival_s)

    def people_share(self, t_s: float) -> float:
        """Of those who buy and talk: they stay until they are done, so it never falls."""
        return self.share(t_s)

    @property
    def arrival_s(self) -> float:
        return max(1.0, self.scenario.opens_at_s - ARRIVED_BEFORE_S)

    def steps(self, count: int) -> list[tuple[float, int]]:
        """The curve for `count` readers: from each moment, how many shall be there."""
        steps: list[tuple[float, int]] = []
        for number in range(math.ceil(self.scenario.duration_s / STEP_S) + 1):
            wanted = round(count * self.share((number + 1) * STEP_S))
            if not steps or steps[-1][1] != wanted:
                steps.append((number * STEP_S, wanted))
        return steps


class CountdownRush(Shape):
    """Everybody is there when the countdown begins, and nobody leaves."""


class SlowBurn(Shape):
    """They come evenly over most of the run; a sale is open all the while."""

    @property
    def arrival_s(self) -> float:
        return self.scenario.duration_s * 0.8


class CelebrityJoin(Shape):
    """A tenth is there; then somebody famous joins, and ten times as many within a minute."""

    def share(self, t_s: float) -> float:
        joins_at_s = self.scenario.opens_at_s
        if t_s < joins_at_s:
            return SURGE_FROM_SHARE * min(1.0, t_s / max(1.0, joins_at_s / 2))
        surge_s = min(SURGE_S, (self.scenario.duration_s - joins_at_s) / 2)
        come = (t_s - joins_at_s) / surge_s
        return min(1.0, SURGE_FROM_SHARE + (1 - SURGE_FROM_SHARE) * come)


class ReconnectStorm(Shape):
    """All come and stay; the storm is the scenario's `cut_viewers`."""


class DeployInTheMiddle(Shape):
    """All come and stay; the deployment is the scenario's `replace_workers`."""


class Soak(Shape):
    """All come, and then between three quarters and all of the readers are there, in slow waves."""

    def share(self, t_s: float) -> float:
        if t_s < self.arrival_s:
            return super().share(t_s)
        wave = (1 + math.cos((t_s - self.arrival_s) / SOAK_WAVE_S * math.tau)) / 2
        return SOAK_SHARE_MIN + (1 - SOAK_SHARE_MIN) * wave

    def people_share(self, t_s: float) -> float:
        return min(1.0, t_s / self.arrival_s)


SHAPES: dict[str, type[Shape]] = {
    "countdown_rush": CountdownRush,
    "slow_burn": SlowBurn,
    "celebrity_join": CelebrityJoin,
    "reconnect_storm": ReconnectStorm,
    "deploy_in_the_middle": DeployInTheMiddle,
    "soak": Soak,
}


def shape_of(scenario: Scenario) -> Shape:
    return SHAPES[scenario.shape](scenario)
