"""Our cents and Stripe's minor units. Pure.

Here every amount is in hundredths, whatever the currency. Stripe counts in the smallest coin there
is: most currencies have hundredths too, some have none and some have thousandths. Source:
https://docs.stripe.com/currencies (zero-decimal and three-decimal currencies; ISK and UGX are
written with two decimals that must be zero).
"""

_NO_COINS = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
_WHOLE_ONLY = frozenset({"ISK", "UGX"})
_THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def to_stripe(amount_cents: int, currency: str) -> int | None:
    """The amount as Stripe takes it; None if it has a fraction that the currency does not."""
    is_whole = amount_cents % 100 == 0
    if currency in _NO_COINS:
        return amount_cents // 100 if is_whole else None
    if currency in _WHOLE_ONLY and not is_whole:
        return None
    return amount_cents * 10 if currency in _THOUSANDTHS else amount_cents


def from_stripe(amount: int, currency: str) -> int:
    """What Stripe says as our cents; a thousandth that is no hundredth is rounded down, and so
    can never be taken for the price."""
    if currency in _NO_COINS:
        return amount * 100
    return amount // 10 if currency in _THOUSANDTHS else amount
