"""What everybody is told of what was paid for: how many of a product, and one name, masked.

One event a product however many bought it at once, so that a rush costs what a single sale does. A
name is known while its owner watches; the event says `null` otherwise.
"""

from collections.abc import Iterable, Mapping

from inventory.codes import Outcome
from inventory.entry import Entry
from inventory.hold import Hold
from rooms.events import Outgoing
from server.publishing import outgoing
from server.wire.events import BoughtEvent

_PAID = {Outcome.PAID, Outcome.PAID_LATE}
_HIDDEN = "***"  # always three, so that it does not tell how long the name is
_SHOWN_MAX = 2  # characters of a name


def paid_holds(entries: Iterable[Entry]) -> list[Hold]:
    """The holds that became orders in `entries`."""
    return [hold for entry in entries if entry.kind in _PAID for hold in entry.holds]


def bought_events(paid: Iterable[Hold], names: Mapping[str, str]) -> list[Outgoing]:
    """One for each product in `paid`, with the name (by buyer id) of who bought it last."""
    told: dict[str, BoughtEvent] = {}
    for hold in paid:
        name = masked(names.get(hold.buyer_id))
        for product_id, quantity in _units(hold).items():
            before = told.get(product_id)
            told[product_id] = BoughtEvent(
                product_id=product_id,
                name=name,
                units=quantity + (before.units if before else 0),
                buyers=1 + (before.buyers if before else 0),
            )
    return [outgoing(event, key=f"bought:{event.product_id}") for event in told.values()]


def masked(name: str | None) -> str | None:
    """The first and the last character: "guest b685" as "g***5", "王芳" as "王***"."""
    if not name:
        return None
    return name[0] + _HIDDEN + (name[-1] if len(name) > _SHOWN_MAX else "")


def _units(hold: Hold) -> dict[str, int]:
    units: dict[str, int] = {}
    for line in hold.lines:
        units[line.product_id] = units.get(line.product_id, 0) + line.quantity
    return units
