"""`Store` on Redis: every command is one script call.

The scripts decide; this module only names their arguments and types their answers. Redis that does
not answer, or answers with an error, means StoreUnavailable: a purchase is refused, never guessed.
"""

from collections.abc import Sequence
from typing import Any

import msgpack
import msgspec
from redis.asyncio import Redis

from inventory.durability import Durability
from inventory.hold import (
    READMITTED_MIN_MS,
    RECLAIM_BATCH_MAX,
    WAITLIST_MAX,
    Hold,
    WantedLine,
    merged,
)
from inventory.pool import Pool, is_shown
from inventory.redis_store.answers import results_of
from inventory.redis_store.batcher import Batcher, Request
from inventory.redis_store.failing import unavailable_when_failing
from inventory.redis_store.keeping import Keeping
from inventory.redis_store.keys import room_key
from inventory.redis_store.scan import RoomScan
from inventory.redis_store.scripts import Scripts
from inventory.redis_store.staging import Staging
from inventory.store import SALES_MAX, Result, SaleTerms, Swept
from inventory.uuid7 import FUTURE_MAX_MS, timestamp_ms


class RoomFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A room at one moment, as `scripts/audit.lua` found it."""

    now_ms: int
    epoch_ms: int
    last_id: str  # of the outbox
    outbox_entries: int
    pools: list[Pool]
    bought: list[int]  # what the asked fields of `buyers` say


class RedisStore:
    """The store that serves.

    `retention_ms`: how long ids and finished holds are remembered. `extension_ms`: what a hold
    gains when payment starts. `outbox_entries_max`: entries waiting for SQL at which reserving
    pauses. `keeping`: what a change has to survive before it is answered.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        retention_ms: int,
        extension_ms: int,
        outbox_entries_max: int = 50_000,
        waitlist_max: int = WAITLIST_MAX,
        sales_max: int = SALES_MAX,
        keeping: Keeping | None = None,
    ) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, keeping or Keeping())
        self._extension_ms = extension_ms
        self._outbox_entries_max = outbox_entries_max
        self._waitlist_max = waitlist_max
        self._sales_max = sales_max
        self._batcher = Batcher(self._reserve_all)
        self._forget_after_ms = retention_ms + FUTURE_MAX_MS
        self._id_window = {"retention_ms": retention_ms, "future_max_ms": FUTURE_MAX_MS}

    async def put_sale(self, room_id: str, terms: SaleTerms, *, may_create: bool = True) -> Result:
        return await self._command(
            "put_sale",
            room_id,
            **msgspec.structs.asdict(terms),
            may_create=may_create,
            sales_max=self._sales_max,
        )

    async def start_sale(
        self, room_id: str, sale_id: str, countdown_ms: int, duration_ms: int
    ) -> Result:
        return await self._command(
            "start_sale",
            room_id,
            sale_id=sale_id,
            countdown_ms=countdown_ms,
            duration_ms=duration_ms,
        )

    async def end_sale(self, room_id: str, sale_id: str) -> Result:
        return await self._command("end_sale", room_id, sale_id=sale_id)

    async def restock(self, room_id: str, restock_id: str, sale_id: str, units: int) -> Result:
        timestamp_ms(restock_id)  # raises ValueError on what is not a UUIDv7
        return await self._command(
            "restock",
            room_id,
            restock_id=restock_id,
            sale_id=sale_id,
            units=units,
            **self._id_window,
        )

    async def pause_sale(self, room_id: str, sale_id: str) -> Result:
        return await self._command("pause_sale", room_id, sale_id=sale_id)

    async def resume_sale(self, room_id: str, sale_id: str) -> Result:
        return await self._command("resume_sale", room_id, sale_id=sale_id)

    async def reserve(
        self,
        room_id: str,
        hold_id: str,
        buyer_id: str,
        wanted: list[WantedLine],
        *,
        or_wait: bool = False,
    ) -> Result:
        timestamp_ms(hold_id)  # raises ValueError on what is not a UUIDv7
        lines = tuple(merged(wanted))
        request = Request(hold_id=hold_id, buyer_id=buyer_id, wanted=lines, or_wait=or_wait)
        return await self._batcher.submit(room_id, request)

    async def _reserve_all(self, room_id: str, requests: Sequence[Request]) -> list[Result | None]:
        """One call for requests with distinct ids; None where it must be asked again."""
        numbers: dict[tuple[tuple[WantedLine, ...], bool], int] = {}
        picks = [
            numbers.setdefault((each.wanted, each.or_wait), len(numbers) + 1) for each in requests
        ]
        answer, durability = await self._call(
            "reserve",
            room_id,
            hold_ids=[each.hold_id for each in requests],
            buyer_ids=[each.buyer_id for each in requests],
            picks=picks,
            wants=[
                {"lines": [[line.sale_id, line.quantity] for line in lines], "or_wait": or_wait}
                for lines, or_wait in numbers
            ],
            outbox_entries_max=self._outbox_entries_max,
            waitlist_max=self._waitlist_max,
            reclaim_max=RECLAIM_BATCH_MAX,
            **self._id_window,
        )
        return results_of(requests, answer, durability)

    async def readmit(self, room_id: str, hold: Hold) -> Result:
        return await self._command(
            "readmit",
            room_id,
            hold_id=hold.hold_id,
            buyer_id=hold.buyer_id,
            lines=[msgspec.structs.astuple(line) for line in hold.lines],
            created_at_ms=hold.created_at_ms,
            deadline_ms=hold.deadline_ms,
            grace_ms=READMITTED_MIN_MS,
            reclaim_max=RECLAIM_BATCH_MAX,
            **self._id_window,
        )

    async def extend(self, room_id: str, hold_id: str, buyer_id: str) -> Result:
        return await self._command(
            "extend",
            room_id,
            hold_id=hold_id,
            buyer_id=buyer_id,
            extension_ms=self._extension_ms,
        )

    async def cancel(self, room_id: str, hold_id: str, buyer_id: str) -> Result:
        return await self._command("cancel", room_id, hold_id=hold_id, buyer_id=buyer_id)

    async def pay(self, room_id: str, hold_id: str, payment_id: str, amount_cents: int) -> Result:
        return await self._command(
            "pay",
            room_id,
            hold_id=hold_id,
            payment_id=payment_id,
            amount_cents=amount_cents,
            reclaim_max=RECLAIM_BATCH_MAX,
        )

    async def refund(
        self, room_id: str, hold_id: str, refund_id: str, *, with_restock: bool
    ) -> Result:
        return await self._command(
            "refund", room_id, hold_id=hold_id, refund_id=refund_id, with_restock=with_restock
        )

    async def expire_due(self, room_id: str, at_most: int = 100) -> Swept:
        answer, _ = await self._call(
            "expire", room_id, at_most=at_most, forget_after_ms=self._forget_after_ms
        )
        return msgspec.convert({"holds": [], "again": False} | answer, Swept)

    async def audit(self, room_id: str, buyers: Sequence[str] = ()) -> RoomFacts:
        """The room's sales, and some fields of `buyers`, at one moment."""
        facts, _ = await self._call("audit", room_id, buyers=list(buyers))
        return msgspec.convert(facts, RoomFacts)

    def scan(self, room_id: str) -> RoomScan:
        """The room's holds and buyers, in small steps."""
        return RoomScan(self._redis, room_id)

    def staging(self, room_id: str) -> Staging:
        """Where the room is made anew."""
        return Staging(self._redis, self._scripts, room_id)

    def remembered_since_ms(self, now_ms: int) -> int:
        """What finished at this time or later is remembered at `now_ms`."""
        return now_ms - self._forget_after_ms

    async def pools(self, room_id: str) -> list[Pool]:
        with unavailable_when_failing():
            packed = await self._redis.hvals(room_key(room_id, "pools"))
        return _pools(packed)

    async def shown_pools(self, room_id: str) -> list[Pool]:
        pipe = self._redis.pipeline(transaction=True)
        pipe.hvals(room_key(room_id, "pools"))
        pipe.get(room_key(room_id, "clock"))
        with unavailable_when_failing():
            packed, clock = await pipe.execute()
        return [pool for pool in _pools(packed) if is_shown(pool, int(clock or 0))]

    async def hold(self, room_id: str, hold_id: str) -> Hold | None:
        with unavailable_when_failing():
            packed = await self._redis.hget(room_key(room_id, "holds"), hold_id)
        return None if packed is None else msgspec.convert(msgpack.unpackb(packed), Hold)

    async def _command(self, script: str, room_id: str, **args: Any) -> Result:
        """Runs a command; again for as long as it says that more due holds can be reclaimed."""
        answer, durability = await self._call(script, room_id, **args)
        while answer.get("again"):
            answer, durability = await self._call(script, room_id, **args)
        return msgspec.convert(answer | {"durability": durability}, Result)

    async def _call(
        self, script: str, room_id: str, **args: Any
    ) -> tuple[dict[str, Any], Durability]:
        with unavailable_when_failing():
            return await self._scripts.call(script, room_id, args)


def _pools(packed: Any) -> list[Pool]:
    pools = [msgspec.convert(msgpack.unpackb(each), Pool) for each in packed]
    return sorted(pools, key=lambda pool: pool.sale_id)
