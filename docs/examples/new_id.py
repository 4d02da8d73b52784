"""Print a new reservation id: a UUIDv7, which is 48 bits of time and then randomness.

Run: python docs/examples/new_id.py
"""

import secrets
import time
import uuid

VERSION, VARIANT = 7, 0b10

now_ms = time.time_ns() // 1_000_000
number = now_ms << 80 | VERSION << 76 | secrets.randbits(12) << 64
print(uuid.UUID(int=number | VARIANT << 62 | secrets.randbits(62)))
