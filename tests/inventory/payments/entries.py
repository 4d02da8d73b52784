"""Entries in the payment book, one at a time, as the sandbox's."""

from inventory.ledger.payments import PaymentBook, Reported, Settled


def record(
    book: PaymentBook,
    room_id: str,
    hold_id: str,
    payment_id: str = "pay-1",
    amount_cents: int = 990,
    currency: str | None = "CNY",
) -> bool:
    """Whether the payment is new."""
    report = Reported(
        provider="sandbox",
        payment_id=payment_id,
        room_id=room_id,
        hold_id=hold_id,
        amount_cents=amount_cents,
        currency=currency,
        received_at_ms=1,
    )
    return book.record([report])[0].is_new


def settle(book: PaymentBook, outcome: str, payment_id: str = "pay-1") -> None:
    book.settle([Settled("sandbox", payment_id, outcome, 2)])
