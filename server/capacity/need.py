"""From an audience to what it needs: workers, Redis, memory, network. Pure.

A worker and a Redis server use one core each. A worker's core is planned to be busy for part of the
time only: the rest is for what comes at once. Each need is worked out by itself, and the largest
number of workers wins.
"""

import math
from typing import Annotated

import msgspec

from server.capacity.costs import Costs

HEADER_BYTES = 66  # Ethernet, IP and TCP with timestamps, once per write and viewer
DELIVERY_BUSY_MAX = 0.5  # rooms/tick.py: a worker gives no more of its time to delivering
READING_MAX = 0.4  # of that: past it, it is too many events
WORKER_BUSY_MAX = 0.7  # all its work together
REDIS_BUSY_MAX = 0.6
WORKERS_MAX = 100_000  # past that nothing converges, and nobody should try

Count = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Rate = Annotated[float, msgspec.Meta(ge=0, le=10**6)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected at the busiest moment. Viewers and buyers are those of all rooms."""

    viewers: Annotated[Count, msgspec.Meta(description="connected at the same time, in all rooms")]
    comments: Annotated[Rate, msgspec.Meta(description="comments a second written in each room")]
    buyers: Annotated[int, msgspec.Meta(ge=0, le=10**9, description="who press buy, in all rooms")]
    rooms: Annotated[Count, msgspec.Meta(description="rooms that are live at the same time")] = 1
    press_s: Annotated[Seconds, msgspec.Meta(description="seconds within which they press")] = 5.0
    join_s: Annotated[
        Seconds, msgspec.Meta(description="seconds within which all viewers come in")
    ] = 120.0
    other_events: Annotated[
        Rate, msgspec.Meta(description="events a second that are no comments: likes, stock, counts")
    ] = 6.0
    tick_ms: Annotated[
        Seconds, msgspec.Meta(description="how long a busy room may gather events before it writes")
    ] = 100.0
    spare: Annotated[int, msgspec.Meta(ge=0, le=1000, description="workers that may be away")] = 1


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What the audience needs. `workers` has the spare ones in it."""

    workers: int
    workers_for: dict[str, int]  # what each kind of work alone would need
    redis_shards: int
    redis_room_busy: float  # of one Redis core, by the busiest room
    memory_bytes: float  # of all workers
    redis_memory_bytes: float
    egress_bytes_per_s: float
    shown_per_s: float  # comments a second that a viewer is sent
    events_per_s: float  # all that a viewer is sent
    writes_per_s: float  # to one viewer
    answer_s: float  # until the last who pressed is answered
    sql_s: float  # until the last purchase is in SQL
    has_room_for_redis: bool  # false: one room asks more of Redis than one server has
    has_time_to_read: bool  # false: so many events that a worker is busy with reading them


def need(audience: Audience, costs: Costs, room_comments_per_s_max: int) -> Need:
    """The least number of workers that is enough for itself: more of them show more comments."""
    workers = 1
    while True:
        load = _Load(audience, costs, room_comments_per_s_max, workers)
        wanted = max(load.workers_for().values()) + audience.spare
        if wanted <= workers or workers >= WORKERS_MAX:
            return _need(load)
        workers = wanted


class _Load:
    """The work of an audience on so many workers."""

    def __init__(self, audience: Audience, costs: Costs, shown_max: int, workers: int) -> None:
        self.audience = audience
        self.costs = costs
        self.workers = workers
        # Each worker samples what comes to it, so what a room shows grows with the workers.
        self.shown_per_s = min(audience.comments, float(shown_max * workers))
        self.events_per_s = self.shown_per_s + audience.other_events
        self.writes_per_s = min(self.events_per_s, 1_000 / audience.tick_ms)

    @property
    def delivery_cores(self) -> float:
        costs = self.costs
        joined = self.events_per_s - self.writes_per_s
        us = self.writes_per_s * costs.write_us + joined * costs.event_us
        return self.audience.viewers * us / 1e6

    @property
    def reading_share(self) -> float:
        """Of each worker: it reads every event of every room it has viewers of."""
        events = self.events_per_s * self.audience.rooms
        return min(READING_MAX, events * self.costs.worker_event_us / 1e6)

    @property
    def presses_per_s(self) -> float:
        return self.audience.buyers / self.audience.press_s

    @property
    def buying_cores(self) -> float:
        return self.presses_per_s * self.costs.purchase_us / 1e6

    @property
    def joining_cores(self) -> float:
        return self.audience.viewers / self.audience.join_s * self.costs.join_us / 1e6

    @property
    def redis_room_busy(self) -> float:
        rooms = self.audience.rooms
        publishing = self.events_per_s * self.costs.redis_publish_us * (1 + self.workers)
        buying = self.presses_per_s / rooms * self.costs.redis_purchase_us
        return (publishing + buying) / 1e6

    def workers_for(self) -> dict[str, int]:
        free = WORKER_BUSY_MAX - self.reading_share
        cores = self.delivery_cores
        return {
            "delivery": math.ceil(cores / (DELIVERY_BUSY_MAX - self.reading_share)),
            "delivery while all press": math.ceil((cores + self.buying_cores) / free),
            "delivery while all come in": math.ceil((cores + self.joining_cores) / free),
            "connections": math.ceil(self.audience.viewers / self.costs.viewers_per_worker),
        }


def _need(load: _Load) -> Need:
    audience, costs = load.audience, load.costs
    rooms_per_shard = math.floor(REDIS_BUSY_MAX / load.redis_room_busy)
    buying_share = max(WORKER_BUSY_MAX - load.reading_share - load.delivery_cores / load.workers, 0)
    per_s = min(
        load.workers * max(buying_share, 0.05) * 1e6 / costs.purchase_us,
        audience.rooms * 1e6 / costs.redis_purchase_us,
    )
    bytes_per_viewer = load.events_per_s * costs.event_bytes + load.writes_per_s * HEADER_BYTES
    return Need(
        workers=load.workers,
        workers_for=load.workers_for(),
        redis_shards=math.ceil(audience.rooms / max(rooms_per_shard, 1)),
        redis_room_busy=load.redis_room_busy,
        memory_bytes=load.workers * costs.worker_bytes + audience.viewers * costs.viewer_bytes,
        redis_memory_bytes=audience.buyers * costs.redis_hold_bytes,
        egress_bytes_per_s=audience.viewers * bytes_per_viewer,
        shown_per_s=load.shown_per_s,
        events_per_s=load.events_per_s,
        writes_per_s=load.writes_per_s,
        answer_s=max(audience.press_s if audience.buyers else 0.0, audience.buyers / per_s),
        sql_s=audience.buyers / costs.sql_purchases_per_s,
        has_room_for_redis=rooms_per_shard >= 1,
        has_time_to_read=load.reading_share < READING_MAX,
    )
