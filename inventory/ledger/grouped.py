"""Group commit: what arrives while one transaction is being committed goes into the next, together.

A commit waits for the disk, and costs the same for one row as for hundreds. No timer gathers a
group: an idle database takes a single item at once. Two groups are all anybody waits for, the one
that is being committed and the one after it, because a group takes all that wait (`WAITING_MAX`);
one more is refused.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from inventory.ledger.engine import LedgerUnavailable

WAITING_MAX = 1_000

Item = TypeVar("Item")
Told = TypeVar("Told")


class Grouped(Generic[Item, Told]):
    """`await grouped(item)`: what `commit` told of the item, once it is committed.

    `commit` blocks, writes a list of items in one transaction and tells of each, in order. It runs
    in a thread, never twice at once. Where it fails for reasons of an item (any exception but
    LedgerUnavailable), each is committed alone, so that one cannot spoil it for its neighbours.
    """

    def __init__(self, commit: Callable[[list[Item]], Sequence[Told]]) -> None:
        self._commit = commit
        self._waiting: list[tuple[Item, asyncio.Future[Told]]] = []
        self._task: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Grouped waiting={len(self._waiting)}>"

    async def __call__(self, item: Item) -> Told:
        """Raises LedgerUnavailable; and who is cancelled here may be committed all the same."""
        if len(self._waiting) >= WAITING_MAX:
            raise LedgerUnavailable("too many writes wait for the SQL ledger")
        told: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, told))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._commit_all())
        return await told

    async def _commit_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            await self._commit_group(group)

    async def _commit_group(self, group: list[tuple[Item, asyncio.Future[Told]]]) -> None:
        try:
            told = await asyncio.to_thread(self._commit, [item for item, _ in group])
        except Exception as error:  # noqa: BLE001 - it is raised where the item came from
            if len(group) > 1 and not isinstance(error, LedgerUnavailable):
                for single in group:
                    await self._commit_group([single])
                return
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(group, told, strict=True):
            if not future.done():
                future.set_result(result)
