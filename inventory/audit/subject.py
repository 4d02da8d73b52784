"""The room that is being audited, and how the audit reaches its records."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from inventory.ledger.ledger import Ledger
from inventory.redis_store.scan import RoomScan
from inventory.redis_store.store import RedisStore, RoomFacts

Drain = Callable[[str], Awaitable[int]]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One room; `facts` are what Redis said of it at the moment for which sales are compared."""

    room_id: str
    facts: RoomFacts
    store: RedisStore
    scan: RoomScan
    ledger: Ledger
    drain_room: Drain

    async def drain(self) -> None:
        """Brings everything into SQL that Redis knows now."""
        await self.drain_room(self.room_id)
