"""The oracle: were the promises kept? Pure: the clients' records and the server's answers go in.

Each promise is one function that returns how many cases it looked at and a sentence for every
breach it found. `PROMISES` is the whole list, in the order they are shown. A promise that had
nothing to look at is said to be unproven, never kept.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

import msgspec

from loadtests.occupancy import occupancy, possibly, surely, units_of
from loadtests.record import HELD, SOLD_OUT, UNHEARD, Attempt, BuyerRecord
from server.wire.views import HoldView, SaleView

CLOCK_SLACK_MS = 5  # between the clock that answers pings and the one that stamps holds


class Verdict(StrEnum):
    KEPT = "kept"
    BROKEN = "BROKEN"
    UNPROVEN = "unproven"


class Finding(msgspec.Struct, frozen=True):
    """What became of one promise: `cases` were looked at, each of `breaches` is a sentence."""

    promise: str
    cases: int
    breaches: list[str]

    @property
    def verdict(self) -> Verdict:
        if self.breaches:
            return Verdict.BROKEN
        return Verdict.KEPT if self.cases else Verdict.UNPROVEN


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known after a run. `orders` are the server's own records of the sale's holds."""

    records: list[BuyerRecord]
    sale: SaleView
    orders: list[HoldView]
    audit_status: int | None = None  # the exit status of `kaibo audit`; None: it could not be run
    buyers_wanted: int = 0

    def order(self, reservation_id: str) -> HoldView | None:
        return next((each for each in self.orders if each.reservation_id == reservation_id), None)

    def of_sale(self, state: str) -> list[HoldView]:
        return [order for order in self.orders if order.state == state]

    def units(self, state: str) -> int:
        return sum(units_of(order, self.sale.sale_id) for order in self.of_sale(state))

    def attempts(self) -> Iterator[tuple[BuyerRecord, Attempt]]:
        return ((record, attempt) for record in self.records for attempt in record.attempts)


Breaches = Iterator[str]
Promise = Callable[[Evidence], tuple[int, Breaches]]


def judge(evidence: Evidence) -> list[Finding]:
    """One finding per promise."""
    findings = []
    for words, promise in PROMISES.items():
        cases, breaches = promise(evidence)
        findings.append(Finding(words, cases, list(breaches)))
    return findings


def is_broken(findings: Sequence[Finding]) -> bool:
    return any(finding.verdict is Verdict.BROKEN for finding in findings)


def everyone_was_served(evidence: Evidence) -> tuple[int, Breaches]:
    """A run in which buyers fell out proves little, so it must not look like a good one."""

    def breaches() -> Breaches:
        if len(evidence.records) < evidence.buyers_wanted:
            yield f"{evidence.buyers_wanted} buyers wanted, {len(evidence.records)} came"
        for record in evidence.records:
            yield from (f"buyer {record.number}: {failure}" for failure in record.failures)
            for reservation_id in record.reservation_ids():
                if record.attempts_of(reservation_id)[-1].outcome == UNHEARD:
                    yield f"buyer {record.number} never heard what became of {reservation_id}"

    return len(evidence.records), breaches()


def never_oversold(evidence: Evidence) -> tuple[int, Breaches]:
    sale = evidence.sale
    counters = {"available": sale.available, "held": sale.held, "sold": sale.sold}
    peak = occupancy(evidence.orders, sale.sale_id, surely).peak()
    told = {
        hold.reservation_id: hold
        for record in evidence.records
        for hold in record.told
        if hold.state == "paid"
    }
    sold_by_word = sum(units_of(hold, sale.sale_id) for hold in told.values())

    def breaches() -> Breaches:
        yield from (f"{name} is {count}" for name, count in counters.items() if count < 0)
        if peak > sale.total:
            yield f"{peak} units were held and sold at one moment, of {sale.total}"
        if sold_by_word > sale.total:
            yield f"buyers were told that {sold_by_word} units were theirs, of {sale.total}"

    return len(evidence.orders), breaches()


def never_stranded(evidence: Evidence) -> tuple[int, Breaches]:
    sale = evidence.sale

    def breaches() -> Breaches:
        if sale.total != sale.available + sale.held + sale.sold:
            yield (
                f"total {sale.total} is not available {sale.available} + held {sale.held}"
                f" + sold {sale.sold}"
            )
        for name, counted, state in (("held", sale.held, "held"), ("sold", sale.sold, "paid")):
            if counted != evidence.units(state):
                yield f"{name} is {counted}, but orders say {evidence.units(state)}"

    return sale.total, breaches()


def every_hold_is_known_to_both(evidence: Evidence) -> tuple[int, Breaches]:
    told = [
        (record, hold)
        for record in evidence.records
        for hold in [*(each.hold for each in record.attempts), *record.told]
        if hold is not None
    ]

    def breaches() -> Breaches:
        for record, hold in told:
            order = evidence.order(hold.reservation_id)
            if order is None:
                yield f"buyer {record.number} was told of {hold.reservation_id}, which is no order"
            elif _content(order) != _content(hold):
                yield f"buyer {record.number} was told other terms of {hold.reservation_id}"
        asked = {attempt.reservation_id for _, attempt in evidence.attempts()}
        for order in evidence.orders:
            if order.reservation_id not in asked:
                yield f"order {order.reservation_id} exists, but nobody asked for it"

    return len(told), breaches()


def _content(hold: HoldView) -> tuple[object, ...]:
    """What of a hold may never change."""
    return hold.reservation_id, hold.buyer_id, hold.lines, hold.amount_cents, hold.created_at_ms


def same_id_same_answer(evidence: Evidence) -> tuple[int, Breaches]:
    repeated = [
        (record, attempts)
        for record in evidence.records
        for attempts in map(record.attempts_of, record.reservation_ids())
        if len(attempts) > 1 and any(attempt.outcome == HELD for attempt in attempts)
    ]

    def breaches() -> Breaches:
        for record, attempts in repeated:
            yield from _changed_answers(record, attempts)

    return len(repeated), breaches()


def _changed_answers(record: BuyerRecord, attempts: list[Attempt]) -> Breaches:
    held = [attempt for attempt in attempts if attempt.hold is not None]
    name = f"buyer {record.number}, {attempts[0].reservation_id}"
    if sum(not attempt.replayed for attempt in held) > 1:
        yield f"{name}: held twice, neither answer a replay"
    if len({repr(_content(attempt.hold)) for attempt in held if attempt.hold}) > 1:
        yield f"{name}: two answers with different holds"
    known_at_ms = min(each.answered_at_ms for each in held if each.answered_at_ms is not None)
    for attempt in attempts:
        is_later = attempt.asked_at_ms > known_at_ms
        if is_later and attempt.outcome not in (HELD, UNHEARD):
            yield f"{name}: was held, and a retry was told {attempt.outcome}"


def every_payment_has_an_order(evidence: Evidence) -> tuple[int, Breaches]:
    paid = {
        reservation_id: record for record in evidence.records for reservation_id in record.payments
    }

    def breaches() -> Breaches:
        for reservation_id, record in paid.items():
            order = evidence.order(reservation_id)
            if order is None or order.state not in ("paid", "refund_due", "refunded"):
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
            if order is not None and order.state != "paid":
                yield (
                    f"buyer {record.number} was told that {reservation_id} is paid,"
                    f" it is {order.state}"
                )


def per_buyer_limit_kept(evidence: Evidence) -> tuple[int, Breaches]:
    by_buyer: dict[str, list[HoldView]] = {}
    for order in evidence.orders:
        by_buyer.setdefault(order.buyer_id, []).append(order)
    sale = evidence.sale

    def breaches() -> Breaches:
        for buyer_id, orders in by_buyer.items():
            most = occupancy(orders, sale.sale_id, surely).peak()
            if most > sale.per_buyer_max:
                yield f"buyer {buyer_id} had {most} units at once, {sale.per_buyer_max} allowed"

    return len(by_buyer), breaches()


def sold_out_was_true(evidence: Evidence) -> tuple[int, Breaches]:
    """Between asking and hearing, there was a moment at which the units were not to be had."""
    sale = evidence.sale
    taken = occupancy(evidence.orders, sale.sale_id, possibly)
    refused = [pair for pair in evidence.attempts() if pair[1].outcome == SOLD_OUT]

    def breaches() -> Breaches:
        for record, attempt in refused:
            slack_ms = record.clock_error_ms + CLOCK_SLACK_MS
            answered_at_ms = attempt.answered_at_ms or attempt.asked_at_ms
            most = taken.most_between(attempt.asked_at_ms - slack_ms, answered_at_ms + slack_ms)
            if sale.total - most >= attempt.quantity:
                yield f"buyer {record.number} was told SOLD_OUT while {sale.total - most} were left"
            elif (attempt.available or 0) >= attempt.quantity:
                yield f"buyer {record.number} was told SOLD_OUT and {attempt.available} available"

    return len(refused), breaches()


def nobody_bought_early(evidence: Evidence) -> tuple[int, Breaches]:
    opened_ms = evidence.sale.starts_at_ms

    def breaches() -> Breaches:
        for order in evidence.orders:
            if opened_ms is None or order.created_at_ms < opened_ms:
                yield f"{order.reservation_id} was held before the sale opened"

    return len(evidence.orders), breaches()


def no_hold_ended_early(evidence: Evidence) -> tuple[int, Breaches]:
    """Against the deadline that the buyer was told, the latest of them if it was extended."""
    promised: dict[str, int] = {}
    for record in evidence.records:
        for hold in [*(each.hold for each in record.attempts), *record.told]:
            if hold is not None:
                known_ms = promised.get(hold.reservation_id, 0)
                promised[hold.reservation_id] = max(known_ms, hold.deadline_ms)
    expired = evidence.of_sale("expired")

    def breaches() -> Breaches:
        for order in expired:
            deadline_ms = promised.get(order.reservation_id, order.deadline_ms)
            if order.finished_at_ms is None or order.finished_at_ms < deadline_ms:
                yield f"{order.reservation_id} expired before its deadline"

    return len(expired), breaches()


def audit_agrees(evidence: Evidence) -> tuple[int, Breaches]:
    def breaches() -> Breaches:
        if evidence.audit_status:
            yield f"kaibo audit ended with status {evidence.audit_status}"

    return int(evidence.audit_status is not None), breaches()


PROMISES: dict[str, Promise] = {
    "every buyer was served and answered": everyone_was_served,
    "never oversold, at any moment": never_oversold,
    "nothing stranded: total = available + held + sold": never_stranded,
    'every "you got it" has a hold, every hold a buyer': every_hold_is_known_to_both,
    "same id, same answer": same_id_same_answer,
    "every payment has an order, every order a payment": every_payment_has_an_order,
    "nobody got more than the limit per buyer": per_buyer_limit_kept,
    '"sold out" only when it was so': sold_out_was_true,
    "nobody bought before the sale opened": nobody_bought_early,
    "no hold ended before its deadline": no_hold_ended_early,
    "kaibo audit agrees": audit_agrees,
}
