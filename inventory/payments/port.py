"""The port to a payment provider: start a checkout, and believe only what it signed.

A buyer is sent to the provider's own page; what happened there arrives later, perhaps twice, late
or never, as a signed webhook. A provider's library plugs in behind `Provider`; the sandbox does so.
"""

import secrets
from collections.abc import Mapping
from typing import Protocol

import msgspec

from inventory.store import InventoryError


class BadSignature(InventoryError):
    """A webhook that the provider did not sign, or signed too long ago; nothing was changed."""


class BadEvent(InventoryError):
    """A webhook that is signed but cannot be read; nothing was changed."""


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """What one buyer is asked to pay for one hold, and where to return to afterwards.

    `deadline_ms` is until when the hold lasts; a payment after it may have to be refunded.
    """

    checkout_id: str
    room_id: str
    hold_id: str
    buyer_id: str
    amount_cents: int
    currency: str
    description: str
    return_url: str
    deadline_ms: int | None = None


class PaymentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider reports, once or more; `payment_id` tells repetitions of a payment.

    `kind` is 'paid' or 'failed'; a provider may send other kinds, which change nothing here.
    """

    kind: str
    payment_id: str
    room_id: str
    hold_id: str
    amount_cents: int


class Provider(Protocol):
    @property
    def name(self) -> str:
        """The word in the webhook's address and in the payment book."""

    async def start(self, checkout: Checkout) -> str:
        """The address of the page to pay on. A hold has one checkout that is open or paid: asking
        again gives the same address, whatever `checkout.checkout_id` is."""

    def verify(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> PaymentEvent:
        """The event in a webhook, by its lower-case headers. Raises BadSignature or BadEvent."""


def new_checkout_id() -> str:
    """An id nobody can guess: whoever knows it may pay the checkout or decline it."""
    return f"co_{secrets.token_urlsafe(24)}"
