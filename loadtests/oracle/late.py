"""Who paid too late, and is paid back: reported, not judged, as it is a right outcome. Pure.

A LatePayer means to. That others are late says that the machine is slow: paying took longer than
the hold, extended, lasts.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from loadtests.oracle.evidence import Evidence
from loadtests.people.ends import PAID_BACK
from loadtests.people.record import BuyerRecord

LATE_ON_PURPOSE = "LatePayer"  # the kind's name in people/buyers.py


class Late(NamedTuple):
    """In buyers; `too_slow` are those of them who meant to be in time."""

    paid_back: int
    too_slow: int


def late_payers(sales: Sequence[Evidence]) -> Late:
    late = [each for sale in sales for each in sale.records if _is_paid_back(sale, each)]
    return Late(len(late), sum(each.kind != LATE_ON_PURPOSE for each in late))


def _is_paid_back(sale: Evidence, record: BuyerRecord) -> bool:
    orders = [sale.order(reservation_id) for reservation_id in record.payments]
    return any(order is not None and order.state in PAID_BACK for order in orders)


def paid_words(outcome: Mapping[str, int]) -> str:
    """How many paid, and what became of those who kept nothing."""
    back = outcome["paid_back"]
    return f"{outcome['paid']} paid" + (f" ({back} of them too late: paid back)" if back else "")


def slow_words(outcome: Mapping[str, int]) -> list[str]:
    """A line, where the machine made people late."""
    slow = outcome["too_slow"]
    if not slow:
        return []
    who = "1 buyer was" if slow == 1 else f"{slow} buyers were"
    return [f"{who} too late without wanting to be: the machine is slow, or busy with other work"]
