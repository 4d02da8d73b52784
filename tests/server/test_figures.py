"""Figures: what outbox entries add, and what pages told, each viewer once."""

from inventory.codes import Outcome
from inventory.entry import Entry
from inventory.hold import Hold, HoldState, Line
from inventory.pool import Pool
from rooms.minutes import Counted, Mark
from server import figures
from server.figures import Tally, sold

AT_MS = 60_000 * 29_000_000 + 17
MINUTE = 29_000_000
POOL = Pool(
    sale_id="flash",
    product_id="tea",
    price_cents=500,
    per_buyer_max=9,
    hold_duration_ms=1,
    created_total=9,
    total=9,
    available=9,
)


def entry(kind: Outcome, number: int = 0, **more: object) -> Entry:
    fields = {
        "room_id": "r",
        "stream_id": f"{AT_MS}-{number}",
        "position": AT_MS * 1_000_000 + number,
        "kind": kind,
    }
    return Entry(**(fields | more))  # type: ignore[arg-type]


def hold(*quantities: int) -> Hold:
    lines = [
        Line(sale_id=f"s{it}", product_id=f"p{it}", quantity=quantity, price_cents=100)
        for it, quantity in enumerate(quantities)
    ]
    return Hold(
        hold_id="h",
        buyer_id="b",
        lines=lines,
        state=HoldState.HELD,
        created_at_ms=AT_MS,
        deadline_ms=AT_MS + 1,
    )


def test_a_reservation_and_its_payment_are_counted_in_their_minute() -> None:
    entries = [entry(Outcome.HELD, holds=[hold(2, 1)]), entry(Outcome.PAID, 1, holds=[hold(2, 1)])]
    counts, marks = sold(entries)
    assert marks == []
    assert counts == {
        MINUTE: {
            Counted("held"): 1,
            Counted("held", "p0"): 2,
            Counted("held", "p1"): 1,
            Counted("paid"): 1,
            Counted("paid", "p0"): 2,
            Counted("paid", "p1"): 1,
            Counted("paid_cents"): 300,
            Counted("paid_cents", "p0"): 200,
            Counted("paid_cents", "p1"): 100,
        }
    }


def test_a_late_payment_is_a_payment_and_a_double_one_is_none() -> None:
    counts, _ = sold(
        [
            entry(Outcome.PAID_LATE, holds=[hold(1)]),
            entry(Outcome.SECOND_PAYMENT, 1, holds=[hold(1)]),
            entry(Outcome.REFUND_DUE, 2, holds=[hold(1)]),
            entry(Outcome.EXPIRED, 3, holds=[hold(1)]),
            entry(Outcome.CANCELLED, 4, holds=[hold(1)]),
        ]
    )
    assert counts[MINUTE][Counted("paid")] == 1
    assert counts[MINUTE][Counted("paid_cents")] == 100
    assert counts[MINUTE][Counted("dropped")] == 2


def test_a_sale_is_marked_where_it_opens_and_where_it_ends() -> None:
    opening = Pool(**{it: getattr(POOL, it) for it in POOL.__struct_fields__ if "at_ms" not in it})
    started = Pool(
        **{
            **{it: getattr(opening, it) for it in opening.__struct_fields__},
            "starts_at_ms": AT_MS + 10_000,
        }
    )
    counts, marks = sold(
        [entry(Outcome.STARTED, pools=[started]), entry(Outcome.STOPPED, 1, pools=[started])]
    )
    assert counts == {}
    assert marks == [
        Mark(AT_MS + 10_000, "sale_started", "tea", "flash"),
        Mark(AT_MS, "sale_ended", "tea", "flash"),
    ]


def test_a_viewer_who_looks_again_is_counted_once() -> None:
    tally = Tally()
    for user in ("ann", "bob", "ann"):
        tally.add_once("r", user, figures.SEEN, "tea")
    tally.add("r", figures.COMMENTS)
    assert tally.take() == {"r": {Counted("seen", "tea"): 2, Counted("comments"): 1}}
    tally.add_once("r", "ann", figures.SEEN, "tea")
    assert tally.take() == {}


def test_what_waits_and_what_is_remembered_is_bounded() -> None:
    tally = Tally()
    for number in range(figures.REMEMBERED_MAX + 10):
        tally.add_once("r", "ann", figures.SEEN, f"p{number}")
    assert len(tally.take()["r"]) == figures.PENDING_MAX
    tally.add_once("r", "ann", figures.SEEN, "p0")  # forgotten by now
    assert tally.take() == {"r": {Counted("seen", "p0"): 1}}
