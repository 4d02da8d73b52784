"""The server's wall clock. The one place that reads it, so pure code is handed the time."""

import time


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000
