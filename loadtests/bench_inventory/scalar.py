"""The reference script as its users call it: one purchase, five writes."""

from pathlib import Path

SCALAR_LUA = (Path(__file__).parent / "scalar.lua").read_text("utf-8")
SCALAR_KEYS = ("stock", "holds", "buyers", "deadlines", "outbox")
SEEN_BEFORE = -2
