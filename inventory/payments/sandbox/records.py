"""The sandbox's records: a checkout, and what a webhook says. Pure."""

from enum import StrEnum

import msgspec

from inventory.payments.port import Checkout
from inventory.payments.sandbox.faults import NONE, Faults

_PAYMENT = "pay_"


class CheckoutState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    DECLINED = "declined"


class CheckoutRecord(Checkout, frozen=True, kw_only=True):
    """A checkout as the provider knows it."""

    state: CheckoutState
    created_at_ms: int
    finished_at_ms: int | None = None
    faults: Faults = NONE

    @property
    def payment_id(self) -> str:
        """A checkout is paid once, so its id names its payment."""
        return f"{_PAYMENT}{self.checkout_id}"


class WebhookBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook says; its JSON is signed as it is, byte for byte."""

    event_id: str
    kind: str
    payment_id: str
    checkout_id: str
    room_id: str
    hold_id: str
    amount_cents: int
    currency: str
    created_at_ms: int
    reason: str = ""
    reference: str | None = None


def checkout_id_of(payment_id: str) -> str:
    """The checkout whose payment that would be."""
    return payment_id.removeprefix(_PAYMENT)
