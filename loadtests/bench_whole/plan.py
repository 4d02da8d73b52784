"""How much is measured, and smaller sizes for a quick look."""

import msgspec


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The sizes of a run, the same for every server."""

    viewers: int = 1_000
    buyers: int = 500
    units: int = 100
    comments_per_s: int = 20
    workers: int = 2
    talk_s: float = 30.0  # comments alone, before the first sale
    rushes: int = 7  # sales, one after the other; a rate is the one in the middle
    rest_s: float = 2.0  # between them
    sampled: int = 100  # viewers whose frames are read, not only counted
    time_s_max: int = 600  # past that the run is given up


FULL = Plan()
QUICK = Plan(viewers=200, buyers=100, units=20, talk_s=5.0, rushes=3, rest_s=1.0, sampled=40)
TINY = Plan(  # what the tests run
    viewers=20, buyers=20, units=5, talk_s=1.0, rushes=1, rest_s=0.2, sampled=10, time_s_max=120
)
