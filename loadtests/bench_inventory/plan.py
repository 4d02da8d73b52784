"""How much is measured: the sizes that the targets are about, and smaller ones for a quick look."""

from enum import StrEnum

import msgspec


class Part(StrEnum):
    """What `--only` may name."""

    ENGINE = "engine"
    GROWTH = "growth"
    ALONE = "alone"
    SELLING = "selling"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The sizes of a run."""

    rounds: int = 3  # every figure is the median of so many
    reservations: int = 25_600  # of the engine, in one round
    batch_sizes: tuple[int, ...] = (1, 16, 128)
    grown_holds: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    buyers: int = 500
    purchases_each: int = 80  # so many that opening the sockets counts for little
    alone: int = 400  # purchases on an idle server, one after the other
    time_s_max: int = 1_500  # past that the run is given up


FULL = Plan()
QUICK = Plan(
    rounds=1,
    reservations=5_120,
    grown_holds=(1_000, 10_000),
    buyers=100,
    purchases_each=10,
    alone=100,
    time_s_max=240,
)
TINY = Plan(  # what the tests run
    rounds=1,
    reservations=256,
    grown_holds=(200, 400),
    buyers=10,
    purchases_each=3,
    alone=10,
    time_s_max=60,
)
