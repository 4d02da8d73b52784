"""The rulebook: a worker's copy of the rules of its rooms, never more than a second old.

`refresh` looks at many rooms at once and is called so often for rooms with viewers that hardly any
command has to wait for `of` to look itself. While Redis is away the last copy is used: without
Redis nothing can be said or bought anyway, and whoever was banned stays so.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from rooms.broker import BrokerUnavailable
from rooms.rules import Rules

FRESH_S = 1.0
ROOMS_MAX = 10_000  # copies kept; past that the one longest not looked at is forgotten


class RulesSource(Protocol):
    """Where the rules are."""

    async def versions(self, room_ids: Sequence[str]) -> Sequence[str | None]: ...

    async def read(self, room_id: str) -> Rules: ...


class Copy(NamedTuple):
    """`asked_at_s`: when it was asked for, so it is as old as that. `rules` is None after a change
    made here: whatever was asked for before it is not to be used."""

    asked_at_s: float
    rules: Rules | None


class Rulebook:
    """The rules of rooms, by room."""

    def __init__(self, source: RulesSource) -> None:
        self._source = source
        self._copies: dict[str, Copy] = {}
        self._looking: dict[str, asyncio.Task[Rules]] = {}

    def forget(self, room_id: str) -> None:
        """The rules were changed here: look before they are used again."""
        self._looking.pop(room_id, None)
        self._keep(room_id, Copy(time.monotonic(), None))

    async def of(self, room_id: str) -> Rules:
        """A room's rules as they were at most FRESH_S ago. Raises BrokerUnavailable if they cannot
        be read and there is no copy."""
        copy = self._copies.get(room_id)
        rules = copy.rules if copy is not None else None
        if copy is not None and rules is not None and time.monotonic() - copy.asked_at_s < FRESH_S:
            return rules
        try:
            return await asyncio.shield(self._shared_look(room_id))  # others wait for it too
        except BrokerUnavailable:
            if rules is None:
                raise
            return rules

    async def refresh(self, room_ids: Sequence[str]) -> dict[str, Rules]:
        """The rules of these rooms as they are now, without those of rooms whose server is away.
        Raises BrokerUnavailable."""
        asked_at_s = time.monotonic()
        versions = await self._source.versions(room_ids)
        found = {}
        for room_id, version in zip(room_ids, versions, strict=True):
            if version is None:
                continue
            copy = self._copies.get(room_id)
            rules = copy.rules if copy is not None else None
            if rules is None or rules.version != version:
                rules = await self._look(room_id)
            else:
                self._keep(room_id, Copy(asked_at_s, rules))
            found[room_id] = rules
        return found

    def _shared_look(self, room_id: str) -> "asyncio.Task[Rules]":
        looking = self._looking.get(room_id)
        if looking is None:
            looking = self._looking[room_id] = asyncio.create_task(self._look(room_id))
            looking.add_done_callback(lambda task: self._looked(room_id, task))
        return looking

    def _looked(self, room_id: str, task: "asyncio.Task[Rules]") -> None:
        if self._looking.get(room_id) is task:
            del self._looking[room_id]
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody may be left to take it

    async def _look(self, room_id: str) -> Rules:
        asked_at_s = time.monotonic()
        rules = await self._source.read(room_id)
        self._keep(room_id, Copy(asked_at_s, rules))
        return rules

    def _keep(self, room_id: str, copy: Copy) -> None:
        """Unless what is there was asked for later."""
        before = self._copies.get(room_id)
        if before is not None and before.asked_at_s > copy.asked_at_s:
            return
        self._copies.pop(room_id, None)
        self._copies[room_id] = copy
        if len(self._copies) > ROOMS_MAX:
            del self._copies[next(iter(self._copies))]
