"""Progress of a run, as lines with the time. Apart, because it needs nothing and all need it."""

import time


def say(line: str) -> None:
    """One line of progress."""
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)
