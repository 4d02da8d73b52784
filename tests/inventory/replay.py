"""The outbox, replayed: from what it tells to the room that must come of it. Pure.

Units and buyers' counts are moved by the table of transitions, one hold's line after the other, and
never copied from the records that the entries carry; so the records can be compared with them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from inventory.codes import Outcome
from inventory.entry import Entry
from inventory.hold import TRANSITIONS, Hold, HoldState
from inventory.pool import COUNTER_NAMES, Account, Pool
from tests.inventory.promises import Records, is_remembered

SUPPLY_KINDS = (Outcome.CREATED, Outcome.RESTOCKED)


class Replay:
    """A room as the entries so far tell of it. Raises AssertionError on one that cannot be."""

    def __init__(self) -> None:
        self.position = 0
        self.pools: dict[str, Pool] = {}  # of sales that are not archived
        self.holds: dict[str, Hold] = {}
        self.bought: Counter[tuple[str, str]] = Counter()  # (sale, buyer)
        self.units: dict[str, Counter[str]] = {}  # sale -> by account
        self.restocks: dict[str, tuple[str, int]] = {}  # id -> sale, units; all that ever were
        self.waited: dict[str, list[str]] = {}  # sale -> who came to its waitlist, in order

    def tell(self, entries: Iterable[Entry]) -> None:
        """The entries of a whole number of commands, in order."""
        touched: set[str] = set()
        for entry in entries:
            self._tell(entry)
            touched |= {pool.sale_id for pool in entry.pools}
        for sale_id in touched & self.pools.keys():
            pool = self.pools[sale_id]
            found = {name: self.units[sale_id][name] for name in COUNTER_NAMES if name != "total"}
            assert found == {name: getattr(pool, name) for name in found}, (pool, found)
            assert -self.units[sale_id][Account.SUPPLY] == pool.total, (pool, found)

    def _tell(self, entry: Entry) -> None:
        assert entry.position > self.position, "entries come in order"
        self.position = entry.position
        for hold in entry.holds:
            self._change(entry.kind, hold)
        if entry.kind in SUPPLY_KINDS:
            [pool] = entry.pools
            self._move(pool.sale_id, Account.SUPPLY, Account.AVAILABLE, entry.units)
        if entry.kind is Outcome.RESTOCKED:
            assert entry.restock_id not in self.restocks, "a restock happens once"
            self.restocks[entry.restock_id] = (pool.sale_id, entry.units)
        for pool in entry.pools:
            self._show(entry.kind, pool)

    def _change(self, kind: Outcome, hold: Hold) -> None:
        before = self.holds.get(hold.hold_id)
        self.holds[hold.hold_id] = hold
        transition = TRANSITIONS.get(kind)
        if transition is None:
            assert kind is Outcome.EXTENDED and before is not None and not before.extended
            later = {"extended": True, "deadline_ms": hold.deadline_ms}
            assert hold == msgspec.structs.replace(before, **later)
            return
        was = frozenset() if before is None else {before.state}
        assert was <= transition.before and bool(was) == bool(transition.before), (kind, before)
        assert hold.state is transition.after
        if kind is Outcome.WAITING:
            self.waited.setdefault(hold.lines[0].sale_id, []).append(hold.hold_id)
        if transition.source is not transition.target:
            for line in hold.lines:
                self._move(line.sale_id, transition.source, transition.target, line.quantity)
                units = transition.buyer_units * line.quantity
                self.bought[line.sale_id, hold.buyer_id] += units

    def _move(self, sale_id: str, source: Account, target: Account, units: int) -> None:
        counts = self.units.setdefault(sale_id, Counter())
        counts[source] -= units
        counts[target] += units

    def _show(self, kind: Outcome, pool: Pool) -> None:
        if kind is Outcome.ARCHIVED:
            del self.pools[pool.sale_id]
            return
        known = self.pools.get(pool.sale_id)
        assert known is None or known.version <= pool.version, "news never gets older"
        self.pools[pool.sale_id] = pool

    def differences(self, records: Records) -> list[str]:
        """What the records say and the outbox did not tell, or the other way round."""
        return [
            *self._pool_differences(records),
            *self._hold_differences(records),
            *self._buyer_differences(records),
            *self._waitlist_differences(records),
        ]

    def _pool_differences(self, records: Records) -> Iterator[str]:
        for sale_id in self.pools.keys() | records.pools.keys():
            told, found = self.pools.get(sale_id), records.pools.get(sale_id)
            if told is not None and found is not None:  # a place that is skipped is not told
                told = msgspec.structs.replace(told, waiting_next=found.waiting_next)
            if told != found:
                yield f"{sale_id}: told {told}, found {found}"

    def _hold_differences(self, records: Records) -> Iterator[str]:
        for hold_id in self.holds.keys() | records.holds.keys():
            told, found = self.holds.get(hold_id), records.holds.get(hold_id)
            is_old = told is not None and (told.finished_at_ms or records.now_ms) < (
                records.forgets_before_ms
            )
            if told != found and not (found is None and is_old):
                yield f"told {told}, found {found}"

    def _buyer_differences(self, records: Records) -> Iterator[str]:
        for key in self.bought.keys() | records.bought.keys():
            told, found = self.bought[key], records.bought.get(key, 0)
            if key[0] in records.pools and is_remembered(records, key[0]) and told != found:
                yield f"{key}: told {told} units, found {found}"

    def _waitlist_differences(self, records: Records) -> Iterator[str]:
        for sale_id, came in self.waited.items():
            waiting = [each for each in came if self.holds[each].state is HoldState.WAITING]
            places = [records.places[each] for each in sorted(records.places) if each[0] == sale_id]
            found = [each for each in places if each in waiting]
            if waiting != found:
                yield f"{sale_id}: they came as {waiting}, and have places as {found}"
