"""What a host wants to see of a show, out of what happened in it: counts by the minute, and marks.
Pure.

Sales are counted from the outbox, by the time that each entry happened. What people looked at and
pressed is told by their pages (the command `attention`) and counted once for each of them.
"""

from collections import OrderedDict
from collections.abc import Iterable

from inventory.codes import Outcome
from inventory.entry import Entry
from inventory.hold import Hold
from inventory.pool import Pool
from rooms.minutes import Counted, Counts, Mark, add, minute_of

SEEN, CLICKED = "seen", "clicked"
HELD, PAID, PAID_CENTS, DROPPED = "held", "paid", "paid_cents", "dropped"
REFUNDED_CENTS = "refunded_cents"
COMMENTS, VIEWERS = "comments", "viewers"

REMEMBERED_MAX = 50_000  # who looked at what; past it the oldest is forgotten, and may count again
PENDING_MAX = 1_000  # different counts of one worker and room that wait; more are not counted

_PAID_NOW = {Outcome.PAID, Outcome.PAID_LATE}
_HELD_NOW = {Outcome.HELD, Outcome.OFFERED}
_REFUNDED_NOW = {Outcome.RETURNED, Outcome.REFUNDED}  # what was counted as paid
_DROPPED_NOW = {Outcome.CANCELLED, Outcome.EXPIRED}
_MARKED = {
    Outcome.STARTED: "sale_started",
    Outcome.STOPPED: "sale_ended",
    Outcome.RESTOCKED: "restocked",
    Outcome.SALE_PAUSED: "sale_paused",
    Outcome.SALE_RESUMED: "sale_resumed",
}
_POSITIONS_PER_MS = 1_000_000


def sold(entries: Iterable[Entry]) -> tuple[Counts, list[Mark]]:
    """What outbox entries of one room add."""
    counts: Counts = {}
    marks: list[Mark] = []
    for entry in entries:
        at_ms = entry.position // _POSITIONS_PER_MS
        for hold in entry.holds:
            _count_hold(counts, minute_of(at_ms), entry.kind, hold)
        if entry.kind in _MARKED:
            marks += [_mark(entry.kind, pool, at_ms) for pool in entry.pools]
    return counts, marks


def _count_hold(counts: Counts, minute: int, kind: Outcome, hold: Hold) -> None:
    if kind in _HELD_NOW:
        add(counts, minute, Counted(HELD), 1)
        for line in hold.lines:
            add(counts, minute, Counted(HELD, line.product_id), line.quantity)
    elif kind in _PAID_NOW:
        add(counts, minute, Counted(PAID), 1)
        add(counts, minute, Counted(PAID_CENTS), hold.amount_cents)
        for line in hold.lines:
            cents = line.quantity * line.price_cents
            add(counts, minute, Counted(PAID, line.product_id), line.quantity)
            add(counts, minute, Counted(PAID_CENTS, line.product_id), cents)
    elif kind in _REFUNDED_NOW:
        add(counts, minute, Counted(REFUNDED_CENTS), hold.amount_cents)
    elif kind in _DROPPED_NOW:
        add(counts, minute, Counted(DROPPED), 1)


def _mark(kind: Outcome, pool: Pool, at_ms: int) -> Mark:
    """A sale is marked where it opens, which may be after it was started."""
    opens = pool.starts_at_ms if kind is Outcome.STARTED else None
    return Mark(opens or at_ms, _MARKED[kind], pool.product_id, pool.sale_id)


class Tally:
    """What one worker has heard since it was last taken. Names nobody to anybody: who looked at
    what is only remembered here, and only so that it counts once."""

    def __init__(self) -> None:
        self._pending: dict[str, dict[Counted, int]] = {}  # by room
        self._known: OrderedDict[tuple[str, str, Counted], None] = OrderedDict()

    def add(self, room_id: str, name: str) -> None:
        """One more of `name` in the room."""
        self._add(room_id, Counted(name))

    def add_once(self, room_id: str, user_id: str, name: str, about: str) -> None:
        """One more, unless this user was counted for it lately."""
        counted = Counted(name, about)
        key = (room_id, user_id, counted)
        if key in self._known:
            self._known.move_to_end(key)
            return
        self._known[key] = None
        if len(self._known) > REMEMBERED_MAX:
            self._known.popitem(last=False)
        self._add(room_id, counted)

    def _add(self, room_id: str, counted: Counted) -> None:
        of_room = self._pending.setdefault(room_id, {})
        if counted in of_room or len(of_room) < PENDING_MAX:
            of_room[counted] = of_room.get(counted, 0) + 1

    def take(self) -> dict[str, dict[Counted, int]]:
        """What was counted since the last time, by room."""
        taken, self._pending = self._pending, {}
        return taken
