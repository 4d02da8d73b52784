"""What everybody is told of a purchase: one event a product, and no whole name."""

import pytest

from inventory.codes import Outcome
from inventory.entry import Entry
from inventory.hold import Hold, HoldState, Line
from server.bought import bought_events, masked, paid_holds
from server.wire.codec import MSGPACK


def hold(buyer_id: str, **quantities: int) -> Hold:
    lines = [
        Line(sale_id=f"sale-{product}", product_id=product, quantity=units, price_cents=100)
        for product, units in quantities.items()
    ]
    return Hold(
        hold_id=f"hold-of-{buyer_id}",
        buyer_id=buyer_id,
        lines=lines,
        state=HoldState.PAID,
        created_at_ms=1,
        deadline_ms=2,
    )


def entry(kind: Outcome, of: Hold) -> Entry:
    return Entry(room_id="r", stream_id="1-0", position=1, kind=kind, holds=[of])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("guest b685", "g***5"),
        ("Ann", "A***n"),
        ("王芳", "王***"),
        ("王", "王***"),
        ("", None),
        (None, None),
    ],
)
def test_a_name_shows_its_ends_and_never_its_length(name: str | None, shown: str | None) -> None:
    assert masked(name) == shown


def test_only_what_was_paid_for_is_told() -> None:
    ann = hold("ann", tea=1)
    entries = [entry(kind, ann) for kind in Outcome]
    assert paid_holds(entries) == [ann, ann], "paid, and paid late"


def test_a_rush_is_one_event_a_product_with_the_last_name() -> None:
    paid = [hold("ann", tea=2), hold("bob", tea=1, cup=1), hold("eve", tea=1)]
    told = bought_events(paid, {"ann": "Ann", "bob": "Bob"})
    assert [(event.key, MSGPACK.decode(event.body)) for event in told] == [
        ("bought:tea", {"product_id": "tea", "name": None, "units": 4, "buyers": 3}),
        ("bought:cup", {"product_id": "cup", "name": "B***b", "units": 1, "buyers": 1}),
    ]
    assert not any(event.numbered or event.to for event in told)
