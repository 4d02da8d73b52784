"""What a swarm's process is told on its standard input, and what it tells on its output.

One line of JSON each. In: an Orders, and at the end a Finish. Out: an Account every second, and one
last one that is `final`.
"""

import msgspec

from loadtests.result import SwarmResult


class Orders(msgspec.Struct, kw_only=True):
    """What to do. Moments are seconds after `begun_at_ms`."""

    url: str
    room_id: str
    tokens: list[str]  # shared by so many readers each that the server allows it
    begun_at_ms: int
    steps: list[tuple[float, int]]  # from each moment, how many readers shall be there
    cuts: list[tuple[float, float]]  # at each moment, which share loses its sockets
    clock_offset_ms: float  # the server's clock minus ours


class Finish(msgspec.Struct, frozen=True, kw_only=True):
    """Where the room's stream ended, and the version of each sale's last stock."""

    epoch: str
    offset: int
    stocks: dict[str, int]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What happened since the last one, and the sum of it all if it is `final`.

    `times`: second -> event -> ms -> how often. `errors`: second, event, code, how often.
    """

    t_s: float
    viewers: int
    times: dict[int, dict[str, dict[int, int]]] = {}
    errors: list[tuple[int, str, str, int]] = []
    final: bool = False
    total: SwarmResult = SwarmResult()
    stale: int = 0  # readers whose last stock is not the last there was
    lagging: int = 0  # readers that never heard of the stream's end
