"""Stripe behind the payment port, by its own library: checkouts, webhooks, refunds.

Only `server/paying.py` imports this, and only where Stripe is the provider: the library is slow to
import and an extra of the package (`kaibo[stripe]`).
"""
