"""How much is measured: the sizes that the targets are about, and smaller ones for a quick look."""

from enum import StrEnum

import msgspec


class Part(StrEnum):
    """What `--only` may name."""

    FANOUT = "fanout"
    MEMORY = "memory"
    ARRIVAL = "arrival"
    RECONNECT = "reconnect"
    GROWTH = "growth"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The sizes of a run."""

    rounds: int  # every figure is the median of so many
    fanout_viewers: int = 1_000
    events_in_burst: int = 10
    cpu_s: float = 1.0  # a price is taken over so much CPU of the server, or ...
    bursts_max: int = 150  # ... so many bursts, whichever comes first
    quiet_s: float = 1.5  # a crowd that heard nothing for so long has heard all
    memory_viewers: int = 5_000
    arrival_viewers: int = 5_000
    arrival_s: float = 20.0
    comments_per_s: int = 50
    sampled: int = 100  # readers whose frames are read, not only counted
    frozen_share: float = 0.01
    growth_viewers: tuple[int, ...] = (500, 1_000, 2_000, 5_000, 10_000)
    time_s_max: int = 2_400  # past that the run is given up

    @property
    def files(self) -> int:
        """Sockets that one process holds at once, at most: ours while all subjects are up."""
        sizes = (2 * self.memory_viewers, 2 * self.arrival_viewers, *self.growth_viewers)
        return max(8 * self.fanout_viewers, *sizes)


FULL = Plan(rounds=3)
QUICK = Plan(
    rounds=1,
    fanout_viewers=200,
    cpu_s=0.3,
    memory_viewers=500,
    arrival_viewers=500,
    arrival_s=5.0,
    sampled=50,
    growth_viewers=(100, 200, 500, 1_000),
    time_s_max=600,
)
TINY = Plan(  # what the tests run
    rounds=1,
    fanout_viewers=20,
    bursts_max=5,
    quiet_s=0.3,
    memory_viewers=20,
    arrival_viewers=50,
    arrival_s=1.0,
    sampled=20,
    frozen_share=0.02,
    growth_viewers=(10, 20),
    time_s_max=120,
)
