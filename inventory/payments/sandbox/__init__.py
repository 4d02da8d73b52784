"""A payment provider that behaves like a real one and moves no money.

It keeps its own books beside ours in the same database, never reads ours, and reports only by
signed webhooks. What the rest of Kaibo may know of it is `payments/port.py`.
"""
