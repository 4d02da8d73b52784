"""The audit: proves that Redis, the outbox and SQL say the same, on a live system.

One script call takes a room's records and its last outbox id at one moment. Then the ledger is
brought to at least that id, and its movements are summed up to exactly that id; what happened
since does not matter. Each difference is one line: room, sale, what, expected, found.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

import msgspec

from inventory.codes import Outcome
from inventory.entry import position_of
from inventory.ledger.ledger import Counters, Ledger
from inventory.ledger.payments import Payment, PaymentBook
from inventory.pool import COUNTER_NAMES, Pool, counters, is_lawful
from inventory.redis_store.outbox import Outbox
from inventory.redis_store.store import RedisStore, RoomFacts, SaleSums

Drain = Callable[[str], Awaitable[int]]

_SETTLE_WAIT_S = 5.0
_POLL_S = 0.1
_PAYMENTS_MAX = 1_000_000
_FULFILLED = frozenset({Outcome.PAID.value, Outcome.PAID_LATE.value})


class RoomAudit(msgspec.Struct, frozen=True):
    """What was looked at in one room, and the differences found."""

    room_id: str
    sales: int
    units_held: int
    units_sold: int
    orders_paid: int
    outbox_entries: int
    differences: list[str]


class AuditReport(msgspec.Struct, frozen=True):
    rooms: list[RoomAudit]

    @property
    def differences(self) -> list[str]:
        return [line for room in self.rooms for line in room.differences]

    @property
    def ok(self) -> bool:
        return not self.differences

    def lines(self) -> list[str]:
        """The report as text, one line for each room and each difference, and a verdict."""
        text = []
        for room in self.rooms:
            text.append(
                f"room {room.room_id}: {_counted(room.sales, 'sale')}, "
                f"{_counted(room.units_held, 'unit')} held, {room.units_sold} sold, "
                f"{_counted(room.orders_paid, 'paid order')}, "
                f"{_counted(room.outbox_entries, 'outbox entry', 'outbox entries')}"
            )
            text += [f"  DIFFERENCE {line}" for line in room.differences]
        differences = _counted(len(self.differences), "difference")
        verdict = "everything agrees" if self.ok else differences
        return [*text, f"audit: {verdict} in {_counted(len(self.rooms), 'room')}"]


def _counted(count: int, one: str, many: str = "") -> str:
    """1 room, 2 rooms."""
    return f"{count} {one if count == 1 else many or one + 's'}"


async def audit(
    store: RedisStore,
    outbox: Outbox,
    ledger: Ledger,
    room_ids: Sequence[str],
    drain: Drain,
    payments: PaymentBook | None = None,
) -> AuditReport:
    """Audits the rooms. `drain` brings a room's outbox into SQL (`LedgerWriter.drain`).

    With `payments`, also checks that each has an outcome and that fulfilled ones have their order;
    one that is being settled right now gets a few seconds to finish.
    """
    rooms = [
        await _audit_room(store, outbox, ledger, room_id, drain, payments) for room_id in room_ids
    ]
    return AuditReport(rooms)


async def _audit_room(
    store: RedisStore,
    outbox: Outbox,
    ledger: Ledger,
    room_id: str,
    drain: Drain,
    payments: PaymentBook | None,
) -> RoomAudit:
    settled = await _settled_payments(payments, room_id) if payments else []
    before = await asyncio.to_thread(ledger.position, room_id)
    facts = await store.audit(room_id)
    reached = await drain(room_id)
    found = [*redis_differences(facts), *_position_differences(facts, before, reached)]
    found += await asyncio.to_thread(_sql_differences, ledger, room_id, facts)
    found += await asyncio.to_thread(_payment_differences, ledger, room_id, settled)
    return RoomAudit(
        room_id=room_id,
        sales=len(facts.pools),
        units_held=sum(pool.held for pool in facts.pools),
        units_sold=sum(pool.sold for pool in facts.pools),
        orders_paid=len(facts.paid),
        outbox_entries=await outbox.length(room_id),
        differences=[f"room {room_id} {line}" for line in found],
    )


def redis_differences(facts: RoomFacts) -> Iterator[str]:
    """What does not agree among a room's own records in Redis."""
    sums = {each.sale_id: each for each in facts.sums}
    known = {pool.sale_id for pool in facts.pools}
    for sale_id in sorted(sums.keys() - known):
        yield f"sale {sale_id} has holds or buyers: expected a pool, found none"
    for pool in facts.pools:
        yield from _pool_differences(pool, sums.get(pool.sale_id))
    for name, where, hold_ids in (
        ("is live but has no deadline", "a deadline", facts.deadlines_missing),
        ("has a deadline but is not live", "no deadline", facts.deadlines_stray),
        ("is finished but will not be forgotten", "a finish time", facts.finished_missing),
        ("has a finish time but is not finished", "no finish time", facts.finished_stray),
    ):
        for hold_id in hold_ids:
            yield f"hold {hold_id} {name}: expected {where}"
    for field in facts.buyers_below:
        yield f"buyer count {field}: expected at least the units of that buyer's holds, found fewer"


def _pool_differences(pool: Pool, sums: SaleSums | None) -> Iterator[str]:
    sums = sums or SaleSums(sale_id=pool.sale_id, held=0, sold=0, bought=0)
    if not is_lawful(pool):
        yield (
            f"sale {pool.sale_id} conservation: expected total {pool.total}, found "
            f"available {pool.available} + held {pool.held} + sold {pool.sold}"
        )
    for what, expected, found in (
        ("held units, from holds", sums.held, pool.held),
        ("sold units, from holds", sums.sold + pool.archived_sold, pool.sold),
        ("units counted for buyers", pool.held + pool.sold, sums.bought),
    ):
        if expected != found:
            yield f"sale {pool.sale_id} {what}: expected {expected}, found {found}"


def _position_differences(facts: RoomFacts, before: int, reached: int) -> Iterator[str]:
    """SQL must not know more than Redis told (Redis has lost something), nor less (SQL has)."""
    last = position_of(facts.last_id)
    if before > last:
        yield f"outbox: expected its last entry at {before} (SQL has it) or later, found {last}"
    if reached < last:
        yield f"ledger position: expected {last} or later, found {reached}"


def _sql_differences(ledger: Ledger, room_id: str, facts: RoomFacts) -> list[str]:
    """Redis against the movements at the same position, and SQL against itself."""
    found: list[str] = []
    position = position_of(facts.last_id)
    in_redis = {pool.sale_id: counters(pool) for pool in facts.pools}
    found += _counter_differences("in SQL", in_redis, ledger.counters_at(room_id, position))
    sums, carried = ledger.summed_and_carried(room_id)
    found += _counter_differences("carried by SQL's sales", sums, carried)
    for hold_id in sorted(set(facts.paid) - ledger.paid_among(room_id, facts.paid)):
        found.append(f"hold {hold_id} is paid: expected a paid order in SQL, found none")
    for entry in ledger.parked(room_id):
        found.append(f"outbox entry {entry.position} ({entry.kind}) is parked: {entry.reason}")
    return found


def _counter_differences(
    where: str, expected: dict[str, Counters], found: dict[str, Counters]
) -> Iterator[str]:
    nothing = dict.fromkeys(COUNTER_NAMES, 0)
    for sale_id in sorted(expected.keys() | found.keys()):
        wanted, there = expected.get(sale_id, nothing), found.get(sale_id, nothing)
        for name in nothing:
            if wanted[name] != there[name]:
                yield f"sale {sale_id} {name} {where}: expected {wanted[name]}, found {there[name]}"


async def _settled_payments(book: PaymentBook, room_id: str) -> list[Payment]:
    """The room's payments, once those recorded before this call had time to be settled."""
    deadline = asyncio.get_running_loop().time() + _SETTLE_WAIT_S
    recorded = await asyncio.to_thread(book.of_room, room_id, _PAYMENTS_MAX)
    names = {(payment.provider, payment.payment_id) for payment in recorded}
    while any(payment.outcome is None for payment in recorded):
        if asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(_POLL_S)
        now = await asyncio.to_thread(book.of_room, room_id, _PAYMENTS_MAX)
        recorded = [each for each in now if (each.provider, each.payment_id) in names]
    return recorded


def _payment_differences(ledger: Ledger, room_id: str, payments: list[Payment]) -> list[str]:
    found = [
        f"payment {each.provider}:{each.payment_id}: expected an outcome, found none"
        for each in payments
        if each.outcome is None
    ]
    fulfilled = {each.hold_id: each for each in payments if each.outcome in _FULFILLED}
    paid = ledger.paid_among(room_id, list(fulfilled))
    for hold_id in sorted(fulfilled.keys() - paid):
        payment = fulfilled[hold_id]
        found.append(
            f"payment {payment.provider}:{payment.payment_id} is {payment.outcome}: "
            f"expected a paid order {hold_id} in SQL, found none"
        )
    return found
