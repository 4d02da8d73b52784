"""Payments: a port to payment providers, a sandbox provider, and the settling of what they report.

A payment is a fact that somebody else decided. We write it down in SQL first, then apply it to the
hold, then write what it led to; a crash between any two steps is healed by doing the rest.
"""
