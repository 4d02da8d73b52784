"""Every outcome an inventory command can have, as values in order of precedence.

Expected refusals are values, never exceptions: a caller reads `Outcome` and nothing else. The same
words are the error codes on the wire and the return values of the Lua scripts. If you change a
name here, also change `redis_store/scripts/`; `tests/inventory/test_codes.py` holds the two equal.
"""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of one command. The first that applies wins, from the top down."""

    # The id was seen before: the first answer is given again, or the content differs.
    REPLAYED = "REPLAYED"
    KEY_REUSED = "KEY_REUSED"
    STALE_ID = "STALE_ID"  # the id's own time is outside the window in which ids are remembered
    STALE_EPOCH = "STALE_EPOCH"  # ... or before Redis was lost: nobody knows what became of it
    # The thing named does not exist, at least not for this buyer.
    UNKNOWN_SALE = "UNKNOWN_SALE"
    UNKNOWN_HOLD = "UNKNOWN_HOLD"
    # The sale refuses.
    NOT_STARTED = "NOT_STARTED"
    ENDED = "ENDED"
    PAUSED = "PAUSED"
    USER_LIMIT = "USER_LIMIT"
    SOLD_OUT = "SOLD_OUT"
    ALREADY_WAITING = "ALREADY_WAITING"  # this buyer has a place on the sale's waitlist
    WAITLIST_FULL = "WAITLIST_FULL"
    # The hold refuses: it was resolved already, was extended once already, or is not paid.
    NOT_HELD = "NOT_HELD"
    ALREADY_EXTENDED = "ALREADY_EXTENDED"
    NOT_PAID = "NOT_PAID"
    # The sale's own commands refuse.
    ALREADY_STARTED = "ALREADY_STARTED"
    CUT_TOO_DEEP = "CUT_TOO_DEEP"
    TOO_MANY_SALES = "TOO_MANY_SALES"
    # Success.
    HELD = "HELD"
    READMITTED = "READMITTED"  # a hold that was lost, given back to who showed its receipt
    EXTENDED = "EXTENDED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    WAITING = "WAITING"  # sold out, and the buyer asked to wait for a unit that comes back
    OFFERED = "OFFERED"  # a unit came back, and is held for the first who waited
    LEFT = "LEFT"  # gave up waiting
    UNSERVED = "UNSERVED"  # waited in vain: the sale ended, or the limit was reached
    CREATED = "CREATED"
    STARTED = "STARTED"
    STOPPED = "STOPPED"
    RESTOCKED = "RESTOCKED"
    SALE_PAUSED = "SALE_PAUSED"
    SALE_RESUMED = "SALE_RESUMED"
    RESTORED = "RESTORED"  # the room was made anew from SQL, under a new epoch
    ARCHIVED = "ARCHIVED"  # an ended sale left Redis after retention; nobody is answered so
    # What a payment led to; each is final and recorded.
    PAID = "PAID"
    PAID_LATE = "PAID_LATE"
    REFUND_DUE = "REFUND_DUE"
    SECOND_PAYMENT = "SECOND_PAYMENT"
    # What a refund led to.
    RETURNED = "RETURNED"  # paid back, and the units are on sale again
    REFUNDED = "REFUNDED"  # paid back, and the units are gone
    REPAID = "REPAID"  # a refund that was due; its units had never been this buyer's
    # A conservation check failed before a write: nothing was written and the sale was paused.
    BROKEN = "BROKEN"
