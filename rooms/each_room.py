"""One step for each of several rooms, which may be on several servers: one that is away holds up
its own rooms and no others."""

from collections.abc import Awaitable, Callable, Iterable

from rooms.broker import BrokerUnavailable


async def each_room(room_ids: Iterable[str], step: Callable[[str], Awaitable[None]]) -> None:
    """Raises BrokerUnavailable when all are done, if a room's step did."""
    failure: BrokerUnavailable | None = None
    for room_id in room_ids:
        try:
            await step(room_id)
        except BrokerUnavailable as error:
            failure = error
    if failure is not None:
        raise failure
