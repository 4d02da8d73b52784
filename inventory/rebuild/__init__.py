"""The rebuild: Redis has lost a room, and gets it back from SQL under a new epoch.

    1. drain    what Redis still tells goes into SQL, so that SQL knows all that anybody knows
    2. close    what Redis has of the room is taken away; nothing is sold until 5
    3. make     the room's records are made from SQL, page after page, under names that expire
    4. compare  if the outbox has grown meanwhile, again from 1
    5. swap     one script puts everything in place: the new epoch, a clock and outbox positions
                that lie after all that was ever told, and an entry that tells of it

Killed anywhere before 5, it has changed nothing that SQL does not have; run it again. Two at once
are wasteful and harmless. What was acknowledged and is in neither of the two comes back by its
receipt (`Store.readmit`).
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

import msgspec

from inventory.audit.sales import sql_differences
from inventory.audit.subject import Drain
from inventory.codes import Outcome
from inventory.entry import position_of
from inventory.hold import LIVE_STATES, Hold, HoldState
from inventory.ledger.ledger import Ledger
from inventory.ledger.lost_payments import LostPayments
from inventory.ledger.restoring import Restoring
from inventory.pool import Pool
from inventory.rebuild.report import Rebuilt
from inventory.redis_store.scan import CHUNK_MAX
from inventory.redis_store.staging import Staging
from inventory.redis_store.store import RedisStore, RoomFacts
from inventory.store import InventoryError, Result

TRIES_MAX = 10
# A client drops news of a sale unless its version is higher than what it has seen. Redis may have
# told of more changes than SQL has heard of, but not of as many as this.
VERSION_STEP = 1_000_000_000


class CannotRebuild(InventoryError):
    """A room could not be rebuilt; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Rebuilder:
    """Rebuilds rooms. `drain` is `LedgerWriter.drain`."""

    store: RedisStore
    ledger: Ledger
    restoring: Restoring
    lost_payments: LostPayments
    drain: Drain

    async def rebuild(self, room_id: str) -> Rebuilt:
        """Raises CannotRebuild, StoreUnavailable, LedgerUnavailable."""
        unsound = await asyncio.to_thread(sql_differences, self.ledger, room_id)
        if unsound:
            raise CannotRebuild(_unsound(room_id, unsound[0]))
        for _ in range(TRIES_MAX):
            position = await self.drain(room_id)
            staging = self.store.staging(room_id)
            await staging.close_room()
            facts = await self.store.audit(room_id)
            if position_of(facts.last_id) <= position:
                made = await self._make(room_id, staging, facts)
                latest_ms = await asyncio.to_thread(self.restoring.latest_ms, room_id)
                result = await staging.put_in_place(facts.last_id, latest_ms)
                if result is not None:
                    return await self._rebuilt(room_id, made, result)
            await staging.throw_away()
        raise CannotRebuild(
            f"room {room_id} changes all the time; stop whoever makes sales in it, and run this"
            " again: it is closed until then"
        )

    async def _make(self, room_id: str, staging: Staging, facts: RoomFacts) -> "Made":
        pools = await asyncio.to_thread(self.restoring.pools, room_id)
        made = Made({pool.sale_id: pool for pool in pools})
        since_ms, after = self.store.remembered_since_ms(facts.now_ms), ""
        page = self.restoring.holds
        while holds := await asyncio.to_thread(page, room_id, since_ms, after, CHUNK_MAX):
            await staging.add_holds(holds, made.add(holds))
            after = holds[-1].hold_id
        await staging.add_pools(made.numbered_pools(), made.places(), made.ending())
        await self._make_restocks(room_id, staging, since_ms)
        return made

    async def _make_restocks(self, room_id: str, staging: Staging, since_ms: int) -> None:
        page, after = self.restoring.restocks, ""
        while restocks := await asyncio.to_thread(page, room_id, since_ms, after, CHUNK_MAX):
            await staging.add_restocks(restocks)
            after = restocks[-1].restock_id

    async def _rebuilt(self, room_id: str, made: "Made", result: Result) -> Rebuilt:
        if result.outcome is Outcome.BROKEN:
            raise CannotRebuild(_unsound(room_id, f"sale {result.pools[0].sale_id}"))
        reopened = await asyncio.to_thread(self.lost_payments.reopen, room_id)
        return Rebuilt(
            epoch_ms=result.epoch_ms,
            pools=result.pools,
            holds=made.holds,
            live=made.live,
            waiting=sum(len(each) for each in made.waiting.values()),
            payments_reopened=reopened,
        )


@dataclass
class Made:
    """What has been made of a room so far."""

    pools: dict[str, Pool]
    waiting: dict[str, list[Hold]] = field(default_factory=lambda: defaultdict(list))  # by sale
    holds: int = 0
    live: int = 0

    def add(self, holds: list[Hold]) -> dict[str, int]:
        """Counts a page of holds; returns since when retention counts for those that are over."""
        self.holds += len(holds)
        self.live += sum(hold.state in LIVE_STATES for hold in holds)
        for hold in holds:
            if hold.state is HoldState.WAITING:
                self.waiting[hold.lines[0].sale_id].append(hold)
        return {
            hold.hold_id: self._retained_from_ms(hold)
            for hold in holds
            if hold.finished_at_ms is not None
        }

    def _retained_from_ms(self, hold: Hold) -> int:
        """As `retained_from_ms` in `scripts/commit.lua`."""
        pools = (self.pools.get(line.sale_id) for line in hold.lines)
        ends_ms = (pool.ends_at_ms or 0 for pool in pools if pool)
        return max(hold.finished_at_ms or 0, *ends_ms, 0)

    def numbered_pools(self) -> list[Pool]:
        return [
            msgspec.structs.replace(
                pool,
                version=pool.version + VERSION_STEP,
                waiting=len(self.waiting[pool.sale_id]),
                waiting_end=len(self.waiting[pool.sale_id]),
            )
            for pool in self.pools.values()
        ]

    def places(self) -> dict[str, str]:
        """The waitlists, in the order in which people came; those of the same ms by their ids."""
        fields: dict[str, str] = {}
        for sale_id, waiting in self.waiting.items():
            waiting.sort(key=lambda hold: (hold.created_at_ms, hold.hold_id))
            for place, hold in enumerate(waiting):
                fields[f"{sale_id}:{place}"] = hold.hold_id
                fields[f"{sale_id}:buyer:{hold.buyer_id}"] = str(place)
        return fields

    def ending(self) -> dict[str, int]:
        ends = {pool.sale_id: pool.ends_at_ms for pool in self.pools.values()}
        return {sale_id: ends_at_ms for sale_id, ends_at_ms in ends.items() if ends_at_ms}


def _unsound(room_id: str, difference: str) -> str:
    return (
        f"SQL does not agree with itself about room {room_id} ({difference}), so Redis cannot be"
        f" made from it; `kaibo audit --room {room_id}` says where"
    )
