"""Every refund: why, how far it has come, and what is to be done next.

    ASKED -> DUE -> SENT -> PAID_BACK -> DONE    by a host; gone if the order cannot be refunded
             DUE -> SENT -> PAID_BACK -> DONE    by a payment's outcome
                            PAID_BACK -> DONE    by the provider, unasked
    any but DONE -> PAID_BACK                    when the provider says that the money is back
    DUE | SENT | PAID_BACK | DONE -> FAILED      when it says that it is not
    FAILED -> DUE | DONE                        by an operator: once more, or paid back by hand

A payment goes back once, as a whole: its refund's id is made from it, and is what makes asking the
provider again harmless. A refund that a payment's outcome demands is written with that outcome, in
one transaction (`payments.py`). Every method blocks and raises LedgerUnavailable when SQL is away.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, func, select

from inventory.ledger.engine import insert, reading, writing
from inventory.ledger.tables import refunds
from inventory.payments.port import RefundState

BY_HOST = "HOST"  # a refund's reason: a host paid the order back
BY_PROVIDER = "PROVIDER"  # the payment was paid back at the provider, not by Kaibo
LISTED_MAX = 1_000
_TROUBLE_CHARACTERS_MAX = 500
WAITING = (RefundState.ASKED, RefundState.DUE, RefundState.SENT, RefundState.PAID_BACK)


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """`reason` is the payment's outcome, or HOST or PROVIDER; `currency` is None for payments that
    were written down before they had one. `restock`: the units go back on sale. `round` counts how
    often an operator began anew, because a provider remembers an id with its failure."""

    refund_id: str
    provider: str
    payment_id: str
    room_id: str
    hold_id: str
    amount_cents: int
    currency: str | None
    reason: str
    state: RefundState
    next_try_at_ms: int
    requested_at_ms: int
    restock: bool = False
    attempts: int = 0
    round: int = 0
    finished_at_ms: int | None = None
    reference: str | None = None
    trouble: str | None = None


def refund_id_of(provider: str, payment_id: str) -> str:
    """The id of a payment's only refund."""
    return f"rf_{hashlib.sha256(f'{provider}:{payment_id}'.encode()).hexdigest()[:40]}"


def add_refunds(connection: Connection, wanted: Sequence[Refund]) -> None:
    """Writes refunds, in a transaction of the caller's; of two for one payment the first stands."""
    if wanted:
        rows = [msgspec.to_builtins(refund) for refund in wanted]
        connection.execute(insert(connection, refunds).on_conflict_do_nothing(), rows)


class RefundBook:
    """Refunds in SQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, refund: Refund) -> Refund:
        """The payment's refund, which is this one if there was none."""
        with writing(self._engine) as connection:
            add_refunds(connection, [refund])
            return _one(connection, refund.refund_id)

    def refund(self, refund_id: str) -> Refund | None:
        found = self._refunds(1, refunds.c.refund_id == refund_id)
        return found[0] if found else None

    def claim(self, now_ms: int, lease_ms: int, limit: int) -> list[Refund]:
        """Refunds with something to do now, each counted as tried and not due again for `lease_ms`:
        a worker that dies in between loses none, and two workers do not ask at once."""
        waiting = (
            refunds.c.state.in_([state.value for state in WAITING]),
            refunds.c.next_try_at_ms <= now_ms,
        )
        found = self._refunds(limit, *waiting)  # most often none: no write is worth that
        if not found:
            return []
        with writing(self._engine) as connection:
            claims = [_claimed(connection, each, now_ms + lease_ms) for each in found]
        return [claim for claim in claims if claim is not None]

    def move(
        self,
        refund: Refund,
        state: RefundState,
        now_ms: int,
        *,
        trouble: str | None = None,
        **also: Any,
    ) -> bool:
        """Takes a refund on from the state it was read in, to be looked at again at once unless
        `also` names a `next_try_at_ms`; False if it has left that state already."""
        values = {
            "state": state.value,
            "next_try_at_ms": now_ms,
            "trouble": trouble[:_TROUBLE_CHARACTERS_MAX] if trouble else None,
            "finished_at_ms": None if state in WAITING else now_ms,
        }
        if state is not refund.state:
            values["attempts"] = 0
        as_read = (refunds.c.refund_id == refund.refund_id, refunds.c.state == refund.state.value)
        with writing(self._engine) as connection:
            change = refunds.update().where(*as_read).values(**(values | also))
            return connection.execute(change).rowcount == 1

    def withdraw(self, refund: Refund) -> None:
        """Forgets a refund that was only asked for."""
        asked = refunds.c.state == RefundState.ASKED.value
        with writing(self._engine) as connection:
            connection.execute(
                refunds.delete().where(refunds.c.refund_id == refund.refund_id, asked)
            )

    def begin_anew(self, refund: Refund, now_ms: int) -> bool:
        """Takes a failed refund up again, as a new one to the provider; False if it has not."""
        if refund.state is not RefundState.FAILED:
            return False
        return self.move(refund, RefundState.DUE, now_ms, round=refund.round + 1, reference=None)

    def close(self, refund: Refund, now_ms: int, note: str) -> bool:
        """Notes that a failed refund was paid back in another way; False if it has not failed."""
        is_failed = refund.state is RefundState.FAILED
        return is_failed and self.move(refund, RefundState.PAID_BACK, now_ms, trouble=note)

    def of_room(
        self, room_id: str, limit: int = LISTED_MAX, state: RefundState | None = None
    ) -> list[Refund]:
        """A room's refunds, in one state or in any."""
        in_state = [] if state is None else [refunds.c.state == state.value]
        return self._refunds(limit, refunds.c.room_id == room_id, *in_state)

    def of_holds(self, room_id: str, hold_ids: Sequence[str]) -> list[Refund]:
        """The refunds of some holds' payments; at most a few hundred ids."""
        if not hold_ids:
            return []
        return self._refunds(
            LISTED_MAX, refunds.c.room_id == room_id, refunds.c.hold_id.in_(hold_ids)
        )

    def count_waiting(self, room_id: str) -> int:
        """How many of a room's refunds are on their way."""
        query = (
            select(func.count())
            .select_from(refunds)
            .where(
                refunds.c.room_id == room_id,
                refunds.c.state.in_([state.value for state in WAITING]),
            )
        )
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def _refunds(self, limit: int, *conditions: Any) -> list[Refund]:
        first = (refunds.c.next_try_at_ms, refunds.c.requested_at_ms, refunds.c.refund_id)
        query = select(refunds).where(*conditions).order_by(*first).limit(limit)
        with reading(self._engine) as connection:
            return [_refund(row) for row in connection.execute(query).mappings()]


def _claimed(connection: Connection, refund: Refund, next_try_at_ms: int) -> Refund | None:
    as_seen = (
        refunds.update()
        .where(
            refunds.c.refund_id == refund.refund_id,
            refunds.c.state == refund.state.value,
            refunds.c.attempts == refund.attempts,
        )
        .values(attempts=refund.attempts + 1, next_try_at_ms=next_try_at_ms)
    )
    if connection.execute(as_seen).rowcount != 1:
        return None
    return msgspec.structs.replace(refund, attempts=refund.attempts + 1)


def _one(connection: Connection, refund_id: str) -> Refund:
    query = select(refunds).where(refunds.c.refund_id == refund_id)
    return _refund(connection.execute(query).mappings().one())


def _refund(row: Any) -> Refund:
    return msgspec.convert({name: row[name] for name in Refund.__struct_fields__}, Refund)
