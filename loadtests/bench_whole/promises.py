"""What a crowd was promised and did not get, told from its notes and the server's books. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """One rush, as both sides tell it. Ids are the buyers' own."""

    name: str
    units: int
    left: int  # by the server's books
    orders: dict[str, str]  # likewise: id -> buyer
    held: dict[str, int]  # who was told "it is yours": id -> buyer's number
    refused: int
    unanswered: int


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What one viewer got of `published` comments, in a room that it never left by itself."""

    published: set[int]
    counts: dict[int, int]
    skipped: int
    cuts: int


def broken(sale: Sale) -> list[str]:
    """A sentence for each kind of promise that a sale broke."""
    return list(_broken(sale))


def _broken(sale: Sale) -> Iterator[str]:
    if len(sale.held) > sale.units:
        yield f"{sale.name}: {len(sale.held)} were told that one of {sale.units} units is theirs"
    if len(sale.orders) > sale.units:
        yield f"{sale.name}: {len(sale.orders)} orders for {sale.units} units"
    if lost := sale.held.keys() - sale.orders.keys():
        yield f"{sale.name}: {len(lost)} were told that it is theirs and have no order"
    if unknown := sale.orders.keys() - sale.held.keys():
        yield f"{sale.name}: {len(unknown)} orders that their buyers were not told of"
    if stranded := sale.units - sale.left - len(sale.orders):
        yield f"{sale.name}: {stranded} units are neither left nor in an order"
    if twice := _more_than_one(sale):
        yield f"{sale.name}: {twice} buyers have more than the one unit allowed"
    if sale.unanswered:
        yield f"{sale.name}: {sale.unanswered} buyers were never answered"


def _more_than_one(sale: Sale) -> int:
    return sum(count > 1 for count in Counter(sale.orders.values()).values())


def missed(viewers: Sequence[Heard]) -> Mapping[str, int]:
    """Comments that viewers who read did not get and were not told of, and those they got twice."""
    return {
        "missed": sum(
            max(0, len(each.published - each.counts.keys()) - each.skipped) for each in viewers
        ),
        "twice": sum(sum(each.counts.values()) - len(each.counts) for each in viewers),
        "cut": sum(each.cuts > 0 for each in viewers),
    }
