"""The sandbox's switches: how the webhooks of a checkout go wrong, as real ones do.

A switch changes what is really sent and when, never what the receiver makes of it. Each checkout
has its own, chosen on the pay page; a server's default comes from a setting, in the same words:

    slow_ms=3000          every webhook leaves that much later
    copies=3              every webhook is sent that many times
    lost=4                the first attempts at each get lost on the way
    unheard=2             then, of the next ones the answer gets lost: they are sent again
    late=1                nothing is sent until the hold's deadline has passed
    order=failure_last    a first, failed attempt to pay is reported after the payment
    order=refund_first    the provider pays it back at once, and reports that before the payment
    refund=refused        the provider refuses to pay it back
    refund=lost           it agrees, and later reports that the money did not arrive

Pure.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

SLOW_MS_MAX = 600_000
COPIES_MAX = 10
LOST_MAX = 15  # one less than a webhook's attempts, so that it is delivered in the end
LATE_BY_MS = 500  # after the deadline


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing goes wrong by default."""

    slow_ms: Annotated[int, Meta(ge=0, le=SLOW_MS_MAX)] = 0
    copies: Annotated[int, Meta(ge=1, le=COPIES_MAX)] = 1
    lost: Annotated[int, Meta(ge=0, le=LOST_MAX)] = 0
    unheard: Annotated[int, Meta(ge=0, le=LOST_MAX)] = 0
    late: bool = False
    order: Literal["sent", "failure_last", "refund_first"] = "sent"
    refund: Literal["paid", "refused", "lost"] = "paid"

    def first_attempt_at_ms(self, now_ms: int, deadline_ms: int | None) -> int:
        """When a webhook that is queued now may leave."""
        due_ms = now_ms + self.slow_ms
        if self.late and deadline_ms is not None:
            due_ms = max(due_ms, deadline_ms + LATE_BY_MS)
        return due_ms


NONE = Faults()


def faults_of(words: str) -> Faults:
    """Switches from `name=value` pairs with commas or spaces between them; "" is none.

    Raises ValueError, which says what is wrong with the words.
    """
    pairs = [word.partition("=") for word in words.replace(",", " ").split()]
    given = {name: value for name, _, value in pairs if value}
    if len(given) != len(pairs):
        raise ValueError(f"expected name=value, each name once; got {words!r}")
    return faults_from(given)


def faults_from(given: dict[str, str]) -> Faults:
    """Switches by their names, as text. Raises ValueError."""
    try:
        return msgspec.convert(given, Faults, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
