"""A small honest run, by hand: three buyers for two units, and how to plant a breach in it."""

from collections.abc import Sequence

from msgspec.structs import replace

from loadtests.oracle.evidence import Evidence, RunEvidence
from loadtests.people.record import HELD, SOLD_OUT, Attempt, BuyerRecord, Intrusion
from loadtests.result import SwarmResult
from server.wire.views import HoldStateView, HoldView, LineView, SaleView

OPENED_MS = 1_000_000
DEADLINE_MS = OPENED_MS + 5_010
ANN, BOB, CAT = "res-ann", "res-bob", "res-cat"


def hold(
    reservation_id: str, state: HoldStateView = "held", finished_at_ms: int | None = None
) -> HoldView:
    buyer_id = reservation_id.removeprefix("res-")
    return HoldView(
        reservation_id=reservation_id,
        buyer_id=buyer_id,
        state=state,
        lines=[LineView("rush", "tea", 1, 1_990)],
        amount_cents=1_990,
        created_at_ms=OPENED_MS + 10,
        deadline_ms=DEADLINE_MS,
        finished_at_ms=finished_at_ms,
    )


def attempt(reservation_id: str, at_ms: int, outcome: str, *, replayed: bool = False) -> Attempt:
    return Attempt(
        reservation_id=reservation_id,
        quantity=1,
        asked_at_ms=at_ms,
        answered_at_ms=at_ms + 20,
        outcome=outcome,
        replayed=replayed,
        hold=hold(reservation_id) if outcome == HELD else None,
        available=0 if outcome == SOLD_OUT else None,
    )


def honest() -> RunEvidence:
    """Ann bought and paid, after asking twice; Bob let it lapse; Cat was told sold out, then got
    Bob's unit and paid."""
    ann_paid = hold(ANN, "paid", OPENED_MS + 900)
    bob_lapsed = hold(BOB, "expired", DEADLINE_MS + 7)
    cat_paid = replace(
        hold(CAT, "paid", DEADLINE_MS + 900),
        created_at_ms=DEADLINE_MS + 60,
        deadline_ms=DEADLINE_MS + 5_060,
    )
    cat_held = replace(attempt(CAT, DEADLINE_MS + 50, HELD), hold=replace(cat_paid, state="held"))
    ann_attempts = [
        attempt(ANN, OPENED_MS, HELD),
        attempt(ANN, OPENED_MS + 100, HELD, replayed=True),
    ]
    records = [
        record(1, ann_attempts, [ann_paid], paid=True),
        record(2, [attempt(BOB, OPENED_MS + 1, HELD)], [bob_lapsed]),
        record(3, [attempt(CAT, OPENED_MS + 2, SOLD_OUT), cat_held], [cat_paid], paid=True),
    ]
    records[1].intrusions = [Intrusion(words="came in", outcome="4500", was_refused=True)]
    sale = Evidence(
        records=records,
        sale=SaleView(
            sale_id="rush",
            product_id="tea",
            price_cents=1_990,
            per_buyer_max=1,
            hold_duration_ms=5_000,
            total=2,
            available=0,
            held=0,
            sold=2,
            starts_at_ms=OPENED_MS,
            ends_at_ms=OPENED_MS + 600_000,
            paused=False,
            version=9,
        ),
        orders=[ann_paid, bob_lapsed, cat_paid],
    )
    return RunEvidence(
        sales=[sale],
        records=records,
        swarm=SwarmResult(viewers_max=2, promised=10, received=9, skipped=1),
        audit_status=0,
        buyers_wanted=3,
    )


def record(
    number: int, attempts: list[Attempt], told: list[HoldView], *, paid: bool = False
) -> BuyerRecord:
    reservation_id = attempts[0].reservation_id
    return BuyerRecord(
        number=number,
        kind="Payer",
        buyer_id=reservation_id.removeprefix("res-"),
        joined=True,
        clock_error_ms=1,
        attempts=attempts,
        told=told,
        payments=[reservation_id] if paid else [],
    )


def of_sale(run: RunEvidence, **changes: object) -> RunEvidence:
    """The run with its only sale's evidence changed."""
    sales = [replace(run.sales[0], **changes)]
    return replace(run, sales=sales, records=sales[0].records)


def with_record(run: RunEvidence, number: int, **changes: object) -> RunEvidence:
    """The run with one buyer's record changed."""
    records = [replace(each, **changes) if each.number == number else each for each in run.records]
    return of_sale(run, records=records)


def with_order(run: RunEvidence, reservation_id: str, **changes: object) -> RunEvidence:
    """The run with one of the server's orders changed."""
    orders = [
        replace(each, **changes) if each.reservation_id == reservation_id else each
        for each in run.sales[0].orders
    ]
    return of_sale(run, orders=orders)


def with_attempts(run: RunEvidence, number: int, attempts: Sequence[Attempt]) -> RunEvidence:
    return with_record(run, number, attempts=list(attempts))


def with_sale(run: RunEvidence, **changes: object) -> RunEvidence:
    return of_sale(run, sale=replace(run.sales[0].sale, **changes))


def with_swarm(run: RunEvidence, **changes: object) -> RunEvidence:
    return replace(run, swarm=replace(run.swarm, **changes))
