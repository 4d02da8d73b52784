"""What a buyer asks for and is answered: reservations, receipts, paying."""

from typing import Annotated

from msgspec import Meta, Struct

from server.wire.bodies import Command, Reply
from server.wire.fields import Id, Quantity, ReceiptText, Uuid7
from server.wire.views import DurabilityName, HoldView


class WantedLineBody(Struct, frozen=True, forbid_unknown_fields=True):
    sale_id: Id
    quantity: Quantity


class Reserve(Command, frozen=True):
    """Hold units of one or more sales, all or none. Retrying with the same id is safe.

    With `or_wait`, and one unit only, a sale that is sold out gives you a place on its waitlist
    instead.
    """

    reservation_id: Uuid7
    lines: Annotated[list[WantedLineBody], Meta(min_length=1, max_length=20)]
    or_wait: bool = False


class Reserved(Reply, frozen=True):
    """`replayed`: this id was seen before and `hold` is that first reservation as it is now.

    `durability`: what this answer survives. `receipt`: proof of the hold, while it is held, that
    you keep and show with `readmit` should the server ever have lost it.
    """

    hold: HoldView
    replayed: bool
    durability: DurabilityName
    receipt: str | None = None


class Readmit(Command, frozen=True):
    """Show the receipt of a reservation that the server does not know any more: you get it back if
    its units are free. `replayed`: it was never lost. Retrying is safe."""

    receipt: ReceiptText


class Cancel(Command, frozen=True):
    reservation_id: Uuid7


class HoldReply(Reply, frozen=True):
    """`durability` as in `Reserved`."""

    hold: HoldView
    durability: DurabilityName


class Pay(Command, frozen=True):
    """Start paying: extends the hold once and names the page to pay on."""

    reservation_id: Uuid7


class PayPage(Reply, frozen=True):
    """`durability` and `receipt` as in `Reserved`; this receipt has the new deadline."""

    hold: HoldView
    pay_url: str
    durability: DurabilityName
    receipt: str | None = None


class Holds(Command, frozen=True):
    """The caller's own reservations and orders in this room, newest first, at most 50."""


class HoldsReply(Reply, frozen=True):
    holds: list[HoldView]
