"""The port to a payment provider: start a checkout, believe only what it signed, pay money back.

A buyer is sent to the provider's own page; what happened there arrives later, perhaps twice, late
or never, as a signed webhook. A provider's library plugs in behind `Provider`: `sandbox` and
`stripe` do so. Every call carries an id that makes its repetition harmless.
"""

import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

import msgspec

from inventory.store import InventoryError


class BadSignature(InventoryError):
    """A webhook that the provider did not sign, or signed too long ago; nothing was changed."""


class BadEvent(InventoryError):
    """A webhook that is signed but cannot be read; nothing was changed."""


class ProviderUnavailable(InventoryError):
    """The provider did not answer, or not now. Whether it acted is unknown: ask again, same ids."""


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


class CheckoutRefused(msgspec.Struct, frozen=True):
    """The provider will never take this payment as it is, and why: for the buyer's eyes."""

    reason: str


class EventKind(StrEnum):
    """What a webhook may say that changes something here."""

    PAID = "paid"
    FAILED = "failed"  # the buyer may try again; the hold stays until its deadline
    REFUNDED = "refunded"  # all of the payment went back, whoever wanted it
    REFUND_FAILED = "refund_failed"  # after it had been sent


class PaymentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider reports, once or more; `payment_id` tells repetitions of a payment.

    `kind` is an EventKind; a provider may send others, which change nothing here. `reason` is why
    something failed; `reference` is the provider's name of the refund that it tells of.
    """

    kind: str
    payment_id: str
    room_id: str
    hold_id: str
    amount_cents: int
    currency: str
    reason: str = ""
    reference: str | None = None


class RefundState(StrEnum):
    """How far a refund has come; `inventory/ledger/refunds.py` has the transitions."""

    ASKED = "asked"  # a host wants it; the reservation engine has not agreed yet
    DUE = "due"
    SENT = "sent"  # the provider has agreed; the money is on its way
    PAID_BACK = "paid_back"  # the money is back; the order has not been told yet
    DONE = "done"
    FAILED = "failed"  # somebody must look: `kaibo refund list`


class RefundRequest(msgspec.Struct, frozen=True, kw_only=True):
    """All of one payment, to be paid back. `reference` is what the provider called the refund when
    it was asked before: then the question is only how it stands."""

    refund_id: str
    payment_id: str
    room_id: str
    hold_id: str
    amount_cents: int
    currency: str
    reference: str | None = None


class RefundAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`state` is SENT, PAID_BACK or FAILED, and then `reason` says why."""

    state: RefundState
    reference: str | None = None
    reason: str = ""


class Provider(Protocol):
    @property
    def name(self) -> str:
        """The word in the webhook's address and in the payment book."""

    async def start(self, checkout: Checkout) -> str | CheckoutRefused:
        """The address of the page to pay on. A hold has one checkout that is open or paid: asking
        again gives the same address, whatever `checkout.checkout_id` is.

        Raises ProviderUnavailable.
        """

    def verify(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> PaymentEvent:
        """The event in a webhook, by its lower-case headers. Raises BadSignature or BadEvent."""

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        """Pays a payment back, once for each `refund_id`. Raises ProviderUnavailable."""


def new_checkout_id() -> str:
    """An id nobody can guess: whoever knows it may pay the checkout or decline it."""
    return f"co_{secrets.token_urlsafe(24)}"
