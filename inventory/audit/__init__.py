"""The audit: proves that Redis, the outbox and SQL say the same, on a live system.

No step of it makes the sale wait: one short script takes a room's sales and its last outbox id at
one moment, and everything else is read in small pieces. It is exact all the same, because SQL can
be asked for any outbox position (`ledger/statements.py`), and because whatever seems to differ is
looked at again in a way that leaves no doubt. Each difference is one line: room, what, expected,
found.
"""

import asyncio
from collections.abc import Sequence

from inventory.audit.buyers import buyer_differences
from inventory.audit.holds import hold_differences
from inventory.audit.payments import payment_differences, refund_differences, unsettled
from inventory.audit.report import AuditReport, RoomAudit
from inventory.audit.sales import position_differences, sale_differences
from inventory.audit.subject import Drain, Subject
from inventory.ledger.ledger import Ledger
from inventory.ledger.payments import PaymentBook
from inventory.ledger.refunds import RefundBook
from inventory.redis_store.store import RedisStore


async def audit(
    store: RedisStore,
    ledger: Ledger,
    room_ids: Sequence[str],
    drain: Drain,
    payments: PaymentBook | None = None,
    refunds: RefundBook | None = None,
) -> AuditReport:
    """Audits the rooms. `drain` brings a room's outbox into SQL (`LedgerWriter.drain`).

    With `payments`, also checks them against the orders; one that is being settled right now gets
    a few seconds to finish. With `refunds`, also says which of those that are owed are missing or
    have failed.
    """
    return AuditReport(
        [
            await _audit_room(store, ledger, room_id, drain, payments, refunds)
            for room_id in room_ids
        ]
    )


async def _audit_room(
    store: RedisStore,
    ledger: Ledger,
    room_id: str,
    drain: Drain,
    payments: PaymentBook | None,
    refunds: RefundBook | None,
) -> RoomAudit:
    waiting = await unsettled(payments, room_id) if payments else {}
    before = await asyncio.to_thread(ledger.position, room_id)
    facts = await store.audit(room_id)
    reached = await drain(room_id)
    subject = Subject(
        room_id=room_id,
        facts=facts,
        store=store,
        scan=store.scan(room_id),
        ledger=ledger,
        drain_room=drain,
    )
    found = list(position_differences(subject, before, reached))
    found += await asyncio.to_thread(sale_differences, subject)
    holds, in_holds = await hold_differences(subject)
    buyers, in_buyers = await buyer_differences(subject)
    found += [*in_holds, *in_buyers]
    paid_for = None
    if payments:
        paid_for, in_payments = await payment_differences(subject, payments, waiting)
        found += in_payments
    waiting_refunds = 0
    if refunds:
        waiting_refunds, in_refunds = await asyncio.to_thread(refund_differences, refunds, room_id)
        found += in_refunds
    return RoomAudit(
        room_id=room_id,
        last_id=facts.last_id,
        sales=len(facts.pools),
        units_held=sum(pool.held for pool in facts.pools),
        units_sold=sum(pool.sold for pool in facts.pools),
        outbox_entries=facts.outbox_entries,
        orders_paid=(await asyncio.to_thread(ledger.paid_totals, room_id)).count,
        holds=holds,
        buyers=buyers,
        payments=paid_for,
        refunds_waiting=waiting_refunds,
        differences=[f"room {room_id} {line}" for line in found],
    )
