"""Promises about money: every payment has an outcome, and only one. Pure.

A payment that came late or twice is paid, or owed back, or paid back: never forgotten.
"""

from loadtests.oracle.evidence import Breaches, Evidence

OUTCOMES = ("paid", "refund_due", "refunded")


def every_payment_has_an_outcome(evidence: Evidence) -> tuple[int, Breaches]:
    paid = {
        reservation_id: record for record in evidence.records for reservation_id in record.payments
    }

    def breaches() -> Breaches:
        for reservation_id, record in paid.items():
            order = evidence.order(reservation_id)
            if order is None or order.state not in OUTCOMES:
                state = order.state if order else "unknown"
                yield f"buyer {record.number} paid for {reservation_id}, which is {state}"
        for order in evidence.of_sale("paid"):
            if order.reservation_id not in paid:
                yield f"order {order.reservation_id} is paid, but nobody paid"
        yield from _unpaid_though_told(evidence)

    return len(paid), breaches()


def _unpaid_though_told(evidence: Evidence) -> Breaches:
    for record in evidence.records:
        for reservation_id in {hold.reservation_id for hold in record.told if hold.state == "paid"}:
            order = evidence.order(reservation_id)
            if order is not None and order.state not in OUTCOMES:
                yield (
                    f"buyer {record.number} was told that {reservation_id} is paid,"
                    f" it is {order.state}"
                )
