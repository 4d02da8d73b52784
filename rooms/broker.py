"""The port to what carries events between workers: offsets, a bounded stream, and room state."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from rooms.events import Incoming, Outgoing, Position


class Listener(Protocol):
    """Who is told what a worker receives; nothing here may block."""

    def deliver(self, room_id: str, event: Incoming) -> None:
        """An event: numbered ones each once, in order, without gaps."""

    def resumed(self, room_id: str) -> None:
        """The connection was cut and stands again: events without a number may be missing."""

    def lost(self, room_id: str) -> None:
        """The room's stream is another one now: what viewers know no longer leads on."""


class RoomsError(Exception):
    """Base of every exception this package raises."""


class BrokerUnavailable(RoomsError):
    """The broker did not answer: the event may or may not have been published."""

    def __init__(self, reason: str, retry_after_ms: int = 1_000) -> None:
        super().__init__(f"the room broker is not answering ({reason})")
        self.retry_after_ms = retry_after_ms


class RoomRecord(NamedTuple):
    """A room's position, its remembered fields, and its latest numbered events, oldest first."""

    position: Position
    fields: dict[str, str]
    recent: list[Incoming]


class Broker(Protocol):
    async def publish(self, room_id: str, events: Sequence[Outgoing]) -> None:
        """Publish in order, in one round trip."""

    async def was_published(self, room_id: str, event_id: str) -> bool:
        """Whether an event with this id was published lately."""

    async def record(self, room_id: str, recent_max: int) -> RoomRecord:
        """The room as it is, read in one step."""

    async def add_likes(self, room_id: str, count: int) -> int:
        """Add to the room's likes; returns the total."""

    async def count_viewers(self, room_id: str, worker_id: str, viewers: int, now_ms: int) -> int:
        """Report this worker's viewers; returns those of all workers heard from lately."""


class Subscriber(Protocol):
    """Follows rooms for one `Listener`."""

    async def subscribe(self, room_id: str) -> int:
        """Returns an offset when every event beyond it is going to be handed on."""

    async def unsubscribe(self, room_id: str) -> None: ...
