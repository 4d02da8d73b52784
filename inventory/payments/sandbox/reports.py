"""What the sandbox reports of a checkout, and how the switches bend the way it is sent. Pure.

Times and order are decided here, when the webhooks are queued; attempts that get lost are counted
by `deliveries.py`, when they are made.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from inventory.payments.port import EventKind
from inventory.payments.sandbox.records import CheckoutRecord, CheckoutState, WebhookBody


def reports_of(record: CheckoutRecord, now_ms: int) -> list[WebhookBody]:
    """What is reported of a checkout that was finished just now, in the order of delivery."""
    if record.state is not CheckoutState.PAID:
        return [_report(record, EventKind.FAILED, now_ms, reason="the buyer declined")]
    paid = _report(record, EventKind.PAID, now_ms)
    if record.faults.order == "failure_last":
        return [
            paid,
            _report(record, EventKind.FAILED, now_ms, reason="the first card was refused"),
        ]
    if record.faults.order == "refund_first":
        return [_report(record, EventKind.REFUNDED, now_ms), paid]
    return [paid]


def refund_report(record: CheckoutRecord, refund_id: str, now_ms: int) -> WebhookBody:
    """What is reported of a refund that was asked for."""
    failed = record.faults.refund == "lost"
    kind = EventKind.REFUND_FAILED if failed else EventKind.REFUNDED
    reason = "the buyer's bank sent it back" if failed else ""
    report = _report(record, kind, now_ms, reason=reason, reference=f"re_{refund_id}")
    return msgspec.structs.replace(report, event_id=f"evt_{refund_id}_{kind}")


def queued(
    record: CheckoutRecord, reports: Sequence[WebhookBody], now_ms: int
) -> list[dict[str, Any]]:
    """The deliveries of reports: each waits for the one before it, and copies go side by side."""
    first_attempt_at_ms = record.faults.first_attempt_at_ms(now_ms, record.deadline_ms)
    rows, after_id = [], None
    for report in reports:
        names = [f"{report.event_id}#{copy}" for copy in range(record.faults.copies)]
        rows += [
            {
                "event_id": name,
                "body": msgspec.json.encode(report),
                "state": "queued",
                "attempts": 0,
                "next_attempt_at_ms": first_attempt_at_ms,
                "lost": record.faults.lost,
                "unheard": record.faults.unheard,
                "after_id": after_id,
            }
            for name in names
        ]
        after_id = names[-1]
    return rows


def _report(record: CheckoutRecord, kind: EventKind, now_ms: int, **details: Any) -> WebhookBody:
    return WebhookBody(
        event_id=f"evt_{record.checkout_id}_{kind}",
        kind=kind.value,
        payment_id=record.payment_id,
        checkout_id=record.checkout_id,
        room_id=record.room_id,
        hold_id=record.hold_id,
        amount_cents=record.amount_cents,
        currency=record.currency,
        created_at_ms=now_ms,
        **details,
    )
