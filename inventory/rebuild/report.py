"""What a rebuild found, what it brought back, and what it could not: in words for an operator."""

import msgspec

from inventory.audit.report import counted
from inventory.pool import Pool

LISTED_MAX = 100  # ids of one kind; all are counted


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """What SQL and Redis have of a room and the other has not, once SQL has all that Redis tells.

    `entries`: SQL knows outbox entries that are later than all that Redis knows of.
    `set_back`: holds that are in Redis as they were once, and have come further in SQL.
    `restocked`: sales whose total is another in SQL.
    `only_in_redis`: holds that SQL refused or never heard of, which a rebuild drops.
    """

    room_id: str
    entries: bool
    sales: list[str]
    holds: list[str]
    set_back: list[str]
    restocked: list[str]
    only_in_redis: list[str]

    @property
    def is_lost(self) -> bool:
        return self.entries or bool(self.sales or self.holds or self.set_back or self.restocked)

    def lines(self) -> list[str]:
        if not self.is_lost:
            return [f"room {self.room_id}: Redis has lost nothing that SQL knows"]
        parts = [counted(len(self.sales), "sale"), counted(len(self.holds), "live or recent hold")]
        if self.set_back:
            parts.append("what became of " + counted(len(self.set_back), "hold"))
        if self.restocked:
            parts.append("restocks of " + counted(len(self.restocked), "sale"))
        if self.entries:
            parts.append("the latest outbox entries")
        return [
            f"room {self.room_id}: Redis has lost {', '.join(parts)}",
            *listed("lost: sale", self.sales),
            *listed("lost: hold", self.holds),
            *listed("set back: hold", self.set_back),
            *listed("other total than in SQL: sale", self.restocked),
            *self.dropped(),
        ]

    def dropped(self) -> list[str]:
        """What a rebuild drops."""
        return listed("only in Redis, to be had back by its receipt: hold", self.only_in_redis)


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """What is in Redis again. `payments_reopened`: they were fulfilled, and their order, which was
    lost, was not paid: they are settled once more."""

    epoch_ms: int
    pools: list[Pool]
    holds: int
    live: int
    waiting: int
    payments_reopened: int

    def lines(self) -> list[str]:
        units = [sum(getattr(pool, name) for pool in self.pools) for name in ("available", "held")]
        text = (
            f"  restored {counted(len(self.pools), 'sale')} with {units[0]} units available and"
            f" {units[1]} held, {counted(self.holds, 'hold')}, {self.live} of them live,"
            f" {self.waiting} waiting; epoch {self.epoch_ms}"
        )
        reopened = counted(self.payments_reopened, "payment is", "payments are")
        return [text, *([f"  {reopened} settled once more"] if self.payments_reopened else [])]


def listed(what: str, ids: list[str]) -> list[str]:
    hidden = len(ids) - LISTED_MAX
    return [
        *(f"  {what} {each}" for each in ids[:LISTED_MAX]),
        *([f"  and {hidden} more"] if hidden > 0 else []),
    ]
