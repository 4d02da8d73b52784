"""Promises about units and holds: nothing oversold, stranded, given twice or taken early. Pure."""

from loadtests.oracle.evidence import Breaches, Evidence
from loadtests.oracle.occupancy import occupancy, possibly, surely, units_of
from loadtests.people.record import HELD, SOLD_OUT, UNHEARD, WAITING, Attempt, BuyerRecord
from server.wire.views import HoldView

CLOCK_SLACK_MS = 5  # between the clock that answers pings and the one that stamps holds


def never_oversold(evidence: Evidence) -> tuple[int, Breaches]:
    sale = evidence.sale
    counters = {"available": sale.available, "held": sale.held, "sold": sale.sold}
    peak = occupancy(evidence.taking(), sale.sale_id, surely).peak()
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
            elif hold.buyer_id != record.buyer_id:
                yield f"buyer {record.number} was told of {hold.reservation_id}, another's"
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
        if is_later and attempt.outcome not in (HELD, WAITING, UNHEARD):
            yield f"{name}: was held, and a retry was told {attempt.outcome}"


def per_buyer_limit_kept(evidence: Evidence) -> tuple[int, Breaches]:
    by_buyer: dict[str, list[HoldView]] = {}
    for order in evidence.taking():
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
    taken = occupancy(evidence.taking(), sale.sale_id, possibly)
    refused = [pair for pair in evidence.attempts() if pair[1].outcome == SOLD_OUT]

    def breaches() -> Breaches:
        for record, attempt in refused:
            slack_ms = record.clock_error_ms + CLOCK_SLACK_MS
            answered_at_ms = attempt.answered_at_ms or attempt.asked_at_ms
            most = taken.most_between(attempt.asked_at_ms - slack_ms, answered_at_ms + slack_ms)
            left = evidence.total_at(attempt.asked_at_ms - slack_ms) - most
            if left >= attempt.quantity:
                yield f"buyer {record.number} was told SOLD_OUT while {left} were left"
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
