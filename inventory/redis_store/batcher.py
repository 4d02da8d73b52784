"""The self-clocking batcher: who asks while a call is in flight goes with the next one.

No timer and no wait: on an idle server a request goes out at once, alone; under load a batch is as
large as what came in while the last one was answered. One call a room is in flight at a time, so
requests are decided in the order in which they came.

What waits is bounded by the commands in flight that each connection may have.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from inventory.hold import WantedLine
from inventory.store import Result

BATCH_MAX = 128  # Redis answers nobody else meanwhile: about half a millisecond


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One buyer's wish; `wanted` is merged (one line per sale, sorted)."""

    hold_id: str
    buyer_id: str
    wanted: tuple[WantedLine, ...]
    or_wait: bool


Call = Callable[[str, Sequence[Request]], Awaitable[list[Result | None]]]
"""Decides a room's requests in one call; None: ask again for this one."""

Waiting = tuple[Request, "asyncio.Future[Result]"]


class Batcher:
    """Collects each room's requests while `call` decides others of the same room."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._waiting: dict[str, deque[Waiting]] = {}  # a room is here while its task runs
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, room_id: str, request: Request) -> Result:
        """What became of the request. Raises what the call raises; the caller may retry by id."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        queue = self._waiting.get(room_id)
        if queue is None:
            queue = self._waiting[room_id] = deque()
            task = asyncio.create_task(self._serve(room_id, queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        queue.append((request, future))
        return await future

    async def _serve(self, room_id: str, queue: deque[Waiting]) -> None:
        """Until nobody of this room waits."""
        try:
            while queue:
                await self._decide(room_id, queue, _next_batch(queue))
        finally:
            del self._waiting[room_id]
            for _, future in queue:
                future.cancel()

    async def _decide(self, room_id: str, queue: deque[Waiting], batch: list[Waiting]) -> None:
        if not batch:
            return
        try:
            results = await self._call(room_id, [request for request, _ in batch])
        except BaseException as error:
            for _, future in batch:
                _refuse(future, error)
            if not isinstance(error, Exception):
                raise
            return
        again = []
        for waiting, result in zip(batch, results, strict=True):
            if result is None:
                again.append(waiting)
            elif not waiting[1].done():
                waiting[1].set_result(result)
        queue.extendleft(reversed(again))


def _next_batch(queue: deque[Waiting]) -> list[Waiting]:
    """The first who still wait for an answer; an id that comes twice waits for its own answer."""
    batch: dict[str, Waiting] = {}
    while queue and len(batch) < BATCH_MAX:
        if queue[0][0].hold_id in batch:
            break
        waiting = queue.popleft()
        if not waiting[1].done():
            batch[waiting[0].hold_id] = waiting
    return list(batch.values())


def _refuse(future: "asyncio.Future[Result]", error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, Exception):
        future.set_exception(error)
    else:
        future.cancel()
