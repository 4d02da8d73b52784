"""What a buyer who paid is to be told in the end. Pure.

A payment counts from when its report reaches the server. Where the hold's time was over by then and
the unit is gone, the money goes back, whoever was slow. One who paid in time is told "paid".
"""

from server.wire.views import HoldView

PAID_BACK = ("refund_due", "refunded")


def is_end(told: HoldView | None, deadline_ms: int) -> bool:
    """Whether the last that was `told` of a hold, payable until `deadline_ms`, is an answer to its
    payment. A refund that was decided before the deadline is none."""
    if told is None:
        return False
    is_late = told.finished_at_ms is not None and told.finished_at_ms >= deadline_ms
    return told.state == "paid" or (told.state in PAID_BACK and is_late)
