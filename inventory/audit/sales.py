"""Sales: Redis at one moment against the movements in SQL up to exactly that outbox entry."""

from collections.abc import Collection, Iterator

from inventory.audit.subject import Subject
from inventory.entry import position_of
from inventory.ledger.ledger import Ledger
from inventory.ledger.statements import Counters
from inventory.pool import COUNTER_NAMES, Pool, counters, is_lawful


def position_differences(subject: Subject, before: int, reached: int) -> Iterator[str]:
    """SQL must not know more than Redis told (Redis has lost something), nor less (SQL has)."""
    last = position_of(subject.facts.last_id)
    if before > last:
        yield f"outbox: expected its last entry at {before} (SQL has it) or later, found {last}"
    if reached < last:
        yield f"ledger position: expected {last} or later, found {reached}"


def sale_differences(subject: Subject) -> list[str]:
    """Each sale's counters in Redis, in the movements, in `sales` and in the orders; and the law.

    Reads SQL: to be called in a thread.
    """
    pools = {pool.sale_id: pool for pool in subject.facts.pools}
    found = [line for pool in pools.values() for line in _law_differences(pool)]
    found += _against_movements(subject, pools)
    found += sql_differences(subject.ledger, subject.room_id)
    for entry in subject.ledger.parked(subject.room_id):
        if entry.position < position_of(f"{subject.facts.epoch_ms}-0"):
            continue  # what became of it was decided when the room was restored
        found.append(f"outbox entry {entry.position} ({entry.kind}) is parked: {entry.reason}")
    return found


def sql_differences(ledger: Ledger, room_id: str) -> list[str]:
    """Where SQL does not agree with itself: movements, what `sales` carries, orders."""
    balances = ledger.statements.balances(room_id)
    found = _counter_differences("carried by SQL's sales", balances.summed, balances.carried)
    ordered = _counter_differences(
        "in SQL's orders", balances.summed, balances.ordered, ("held", "sold")
    )
    return [*found, *ordered]


def _law_differences(pool: Pool) -> Iterator[str]:
    if not is_lawful(pool):
        yield (
            f"sale {pool.sale_id} conservation: expected total {pool.total}, found "
            f"available {pool.available} + held {pool.held} + sold {pool.sold}"
        )


def _against_movements(subject: Subject, pools: dict[str, Pool]) -> Iterator[str]:
    position = position_of(subject.facts.last_id)
    statements = subject.ledger.statements
    in_sql = statements.counters_at(subject.room_id, position)
    archived = statements.archived_at(subject.room_id, position)
    for sale_id in sorted(pools.keys() & archived):
        yield f"sale {sale_id} is archived: expected no pool in Redis, found one"
    for sale_id in sorted(in_sql.keys() - pools.keys() - archived):
        yield f"sale {sale_id}: expected a pool in Redis, found none"
    in_redis = {sale_id: counters(pool) for sale_id, pool in pools.items()}
    both = {sale_id: in_sql[sale_id] for sale_id in pools.keys() & in_sql.keys()}
    yield from _counter_differences("in SQL", in_redis, both)


def _counter_differences(
    where: str,
    expected: dict[str, Counters],
    found: dict[str, Counters],
    names: Collection[str] = COUNTER_NAMES,
) -> Iterator[str]:
    nothing = dict.fromkeys(names, 0)
    for sale_id in sorted(expected.keys() | found.keys()):
        wanted, there = expected.get(sale_id, nothing), found.get(sale_id, nothing)
        for name in names:
            if wanted[name] != there[name]:
                yield f"sale {sale_id} {name} {where}: expected {wanted[name]}, found {there[name]}"
