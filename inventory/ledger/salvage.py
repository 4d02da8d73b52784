"""An entry that SQL refuses, of which a part is sound: hold by hold, all that can be posted is.

One reason to refuse is that the entry contradicts what SQL has: a paid order that expires, a hold
that is made twice. Then Redis has gone back to a time before it (a replica took over that lacked
the last writes), and tells another story from there on. SQL keeps to the first one, so that it
always agrees with itself and Redis can be made anew from it (`inventory/rebuild`).

That a hold is made again as SQL knows it, is no contradiction: who lost the answer asked again. Nor
is a restock that is there: Redis had lost its units and has them now, so that both count it once.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.exc import DataError, IntegrityError

from inventory.entry import Entry
from inventory.hold import LIVE_STATES, Hold
from inventory.ledger.journal import post
from inventory.ledger.postings import fold, is_making, restock_of
from inventory.ledger.tables import orders, restocks

REFUSALS = (IntegrityError, DataError, ValueError, OverflowError)


def post_what_can_be(connection: Connection, room_id: str, entry: Entry) -> Sequence[Hold]:
    """Posts the entry hold by hold; returns the holds that were refused."""
    return [hold for hold in entry.holds if not _posted(connection, room_id, entry, hold)]


def is_known_restock(connection: Connection, room_id: str, entry: Entry) -> bool:
    """Whether SQL has counted this very restock already."""
    try:
        again = restock_of(entry)
    except ValueError:  # it is none, or makes no sense
        return False
    query = select(restocks.c.sale_id, restocks.c.units).where(
        restocks.c.room_id == room_id, restocks.c.restock_id == again.restock_id
    )
    first = connection.execute(query).first()
    return first is not None and tuple(first) == (again.sale_id, again.units)


def _posted(connection: Connection, room_id: str, entry: Entry, hold: Hold) -> bool:
    part = msgspec.structs.replace(entry, holds=[hold])
    try:
        with connection.begin_nested():
            post(connection, {room_id: fold([part])})
    except REFUSALS:
        return is_making(entry) and _is_known(connection, room_id, hold)
    return True


def _is_known(connection: Connection, room_id: str, hold: Hold) -> bool:
    query = select(orders.c.state).where(
        orders.c.room_id == room_id,
        orders.c.hold_id == hold.hold_id,
        orders.c.buyer_id == hold.buyer_id,
        orders.c.amount_cents == hold.amount_cents,
    )
    return connection.execute(query).scalar() in {state.value for state in LIVE_STATES}
