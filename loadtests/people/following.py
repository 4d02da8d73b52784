"""A shape as locust knows it: how many users there shall be, and how fast they come.

The shape never ends the test: the run does, when everybody has settled.
"""

import math

from locust import LoadTestShape

from loadtests.shapes import STEP_S, Shape

SPAWNED_PER_S_MAX = 100.0  # locust warns above it


class Following(LoadTestShape):
    """Locust's side of `shape`, for so many people; without one, one user comes."""

    def __init__(self, shape: Shape | None = None, people: int = 1) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.shape = shape
        self.people = people

    def __repr__(self) -> str:
        return f"<Following {self.shape!r} with {self.people} people>"

    def tick(self) -> tuple[int, float]:
        if self.shape is None:
            return 1, SPAWNED_PER_S_MAX
        t_s = float(self.get_run_time())  # type: ignore[no-untyped-call]
        wanted = math.ceil(self.people * self.shape.people_share(t_s + STEP_S))
        return max(1, wanted), SPAWNED_PER_S_MAX
