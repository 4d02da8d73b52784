"""A hold: one buyer's claim on units of one or more pools of a room, for a limited time.

    HELD -> PAID | CANCELLED | EXPIRED          resolves exactly once
    CANCELLED | EXPIRED + payment -> PAID if units are free, else REFUND_DUE
    PAID | REFUND_DUE -> REFUNDED
    WAITING -> HELD (a unit came back) | CANCELLED | EXPIRED

The transitions are data: `TRANSITIONS` says for each outcome from which states it may happen, to
which it leads, between which accounts the units move and what it does to the buyer's own count.
The model store, the ledger and the tests read this table; the scripts carry the same table as
`EFFECTS` in `redis_store/scripts/prelude.lua`.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from inventory.codes import Outcome
from inventory.pool import Account, Pool


class HoldState(StrEnum):
    WAITING = "waiting"
    HELD = "held"
    PAID = "paid"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUND_DUE = "refund_due"
    REFUNDED = "refunded"


class Line(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Units of one sale in a hold, at the price they were held at."""

    sale_id: str
    product_id: str
    quantity: int
    price_cents: int


class Hold(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One reservation's record: exactly what the `holds` hash in Redis stores, a msgpack array in
    the order of these fields, of which the last ones may be missing.

    `hold_id` is the reservation id the buyer chose (a UUIDv7). `offered`: it waited, and a unit
    came back. `payment_id` is the payment that resolved it; `paid_late` says that it came after the
    hold had been cancelled or had expired, and found the units still free.
    """

    hold_id: str
    buyer_id: str
    lines: list[Line]
    state: HoldState
    created_at_ms: int
    deadline_ms: int
    extended: bool = False
    offered: bool = False
    finished_at_ms: int | None = None
    payment_id: str | None = None
    paid_late: bool = False
    refund_id: str | None = None

    @property
    def amount_cents(self) -> int:
        return sum(line.quantity * line.price_cents for line in self.lines)


class WantedLine(msgspec.Struct, frozen=True):
    """What a buyer asks for: `quantity` units (1..99) of one sale."""

    sale_id: str
    quantity: int


class Transition(msgspec.Struct, frozen=True):
    """One way for a hold to change; `source is target` means that no unit moves."""

    before: frozenset[HoldState]
    after: HoldState
    source: Account
    target: Account
    buyer_units: int  # +1: the units count against the buyer's limit; -1: they are given back


_LIVE = frozenset({HoldState.HELD})
_WAITING = frozenset({HoldState.WAITING})
_LAPSED = frozenset({HoldState.CANCELLED, HoldState.EXPIRED})
_PAID = frozenset({HoldState.PAID})

TRANSITIONS: dict[Outcome, Transition] = {
    Outcome.HELD: Transition(
        frozenset(), HoldState.HELD, Account.AVAILABLE, Account.HELD, buyer_units=1
    ),
    Outcome.READMITTED: Transition(
        frozenset(), HoldState.HELD, Account.AVAILABLE, Account.HELD, buyer_units=1
    ),
    Outcome.PAID: Transition(_LIVE, HoldState.PAID, Account.HELD, Account.SOLD, buyer_units=0),
    Outcome.CANCELLED: Transition(
        _LIVE, HoldState.CANCELLED, Account.HELD, Account.AVAILABLE, buyer_units=-1
    ),
    Outcome.EXPIRED: Transition(
        _LIVE, HoldState.EXPIRED, Account.HELD, Account.AVAILABLE, buyer_units=-1
    ),
    Outcome.PAID_LATE: Transition(
        _LAPSED, HoldState.PAID, Account.AVAILABLE, Account.SOLD, buyer_units=1
    ),
    Outcome.REFUND_DUE: Transition(
        _LAPSED, HoldState.REFUND_DUE, Account.AVAILABLE, Account.AVAILABLE, buyer_units=0
    ),
    Outcome.WAITING: Transition(
        frozenset(), HoldState.WAITING, Account.AVAILABLE, Account.AVAILABLE, buyer_units=0
    ),
    Outcome.OFFERED: Transition(
        _WAITING, HoldState.HELD, Account.AVAILABLE, Account.HELD, buyer_units=1
    ),
    Outcome.LEFT: Transition(
        _WAITING, HoldState.CANCELLED, Account.AVAILABLE, Account.AVAILABLE, buyer_units=0
    ),
    Outcome.UNSERVED: Transition(
        _WAITING, HoldState.EXPIRED, Account.AVAILABLE, Account.AVAILABLE, buyer_units=0
    ),
    Outcome.RETURNED: Transition(
        _PAID, HoldState.REFUNDED, Account.SOLD, Account.AVAILABLE, buyer_units=-1
    ),
    Outcome.REFUNDED: Transition(
        _PAID, HoldState.REFUNDED, Account.SOLD, Account.SUPPLY, buyer_units=-1
    ),
    Outcome.REPAID: Transition(
        frozenset({HoldState.REFUND_DUE}),
        HoldState.REFUNDED,
        Account.AVAILABLE,
        Account.AVAILABLE,
        buyer_units=0,
    ),
}

QUANTITY_MAX = 99
LINES_MAX = 20
RECLAIM_BATCH_MAX = 100  # due holds a script expires in one go
SET_ASIDE_MS = 60_000  # after which a due hold of a broken pool is looked at again
OFFER_DURATION_MS = 60_000  # how long a unit that came back is held for who waited
OFFERS_PER_COMMAND_MAX = 50  # places on a waitlist that one command serves or skips
READMITTED_MIN_MS = 60_000  # what who shows a receipt has to pay in, however late it is
WAITLIST_MAX = 10_000  # places of one sale; who comes then is told WAITLIST_FULL
LIVE_STATES = frozenset({HoldState.HELD, HoldState.WAITING})


def after(hold: Hold, outcome: Outcome, now_ms: int, **changes: Any) -> Hold:
    """The hold once `outcome` has happened to it, with the fields that the outcome sets besides.

    Raises ValueError if it cannot happen.
    """
    transition = TRANSITIONS[outcome]
    if hold.state not in transition.before:
        raise ValueError(f"{outcome} cannot happen to a hold that is {hold.state}")
    finished_at_ms = None if transition.after in LIVE_STATES else now_ms
    return msgspec.structs.replace(
        hold, state=transition.after, finished_at_ms=finished_at_ms, **changes
    )


def is_due(hold: Hold, now_ms: int) -> bool:
    """The hold's time is over, whether or not anybody has expired it yet."""
    return hold.state in LIVE_STATES and now_ms >= hold.deadline_ms


def first_payment_outcome(hold: Hold) -> Outcome:
    """What the payment named in the hold led to, for answering its retry."""
    if hold.state is HoldState.REFUND_DUE:
        return Outcome.REFUND_DUE
    return Outcome.PAID_LATE if hold.paid_late else Outcome.PAID


def first_outcome_of(hold: Hold) -> Outcome:
    """What the command that made the hold was answered, for answering its retry."""
    has_waited = hold.offered or hold.state is HoldState.WAITING
    return Outcome.WAITING if has_waited else Outcome.HELD


def lines_held(wanted: Iterable[WantedLine], pools: Mapping[str, Pool]) -> list[Line]:
    """What a hold says it holds, at the price of now."""
    return [
        Line(
            sale_id=line.sale_id,
            product_id=pools[line.sale_id].product_id,
            quantity=line.quantity,
            price_cents=pools[line.sale_id].price_cents,
        )
        for line in wanted
    ]


def new_hold(
    hold_id: str,
    buyer_id: str,
    lines: list[Line],
    pools: Sequence[Pool],
    now_ms: int,
    outcome: Outcome = Outcome.HELD,
) -> Hold:
    """A hold that begins now, HELD for the shortest of its sales' durations, or WAITING until its
    sale ends."""
    if outcome is Outcome.WAITING:
        deadline_ms = pools[0].ends_at_ms
        assert deadline_ms is not None  # only a sale that is open has a waitlist
    else:
        deadline_ms = now_ms + min(pool.hold_duration_ms for pool in pools)
    return Hold(
        hold_id=hold_id,
        buyer_id=buyer_id,
        lines=lines,
        state=TRANSITIONS[outcome].after,
        created_at_ms=now_ms,
        deadline_ms=deadline_ms,
    )


def merged(wanted: Iterable[WantedLine]) -> list[WantedLine]:
    """One line per sale, sorted by sale: two lines of one sale must be checked as their sum.

    Raises ValueError on a broken contract (the wire refuses such commands before).
    """
    quantities: dict[str, int] = {}
    for line in wanted:
        if not 1 <= line.quantity <= QUANTITY_MAX:
            raise ValueError(f"a line's quantity is 1 to {QUANTITY_MAX}, not {line.quantity}")
        quantities[line.sale_id] = quantities.get(line.sale_id, 0) + line.quantity
    if not 1 <= len(quantities) <= LINES_MAX:
        raise ValueError(f"a reservation has 1 to {LINES_MAX} sales, not {len(quantities)}")
    return [WantedLine(sale_id, quantities[sale_id]) for sale_id in sorted(quantities)]


def asks_for(hold: Hold, buyer_id: str, wanted: list[WantedLine]) -> bool:
    """Whether a command with this content is the one that made the hold (`wanted` is merged)."""
    content = [WantedLine(line.sale_id, line.quantity) for line in hold.lines]
    return hold.buyer_id == buyer_id and content == wanted
