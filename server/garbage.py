"""How often the collector of cyclic garbage looks, for a process that holds thousands of sockets.

Most objects here are part of a connection and live as long as it, so a look finds nothing: with
Python's own figures a worker to which 5,000 viewers come at once looks several thousand times, and
spends more time on that than on the viewers. What is garbage waits a little longer for it: between
two looks there are at most `YOUNG_MAX` objects more, which is a few megabytes.
"""

import gc

YOUNG_MAX = 10_000  # new objects before the young are looked at; Python's own figure is 700
YOUNG_LOOKS, OLDER_LOOKS = 10, 10  # before the older, and the oldest, are looked at too


def collect_rarely() -> None:
    """For a process that has been set up: what it holds now is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, YOUNG_LOOKS, OLDER_LOOKS)
