"""What happens in a room, counted by the minute. Pure.

A count belongs to a minute since 1970, has a name, and may be about one thing (`about`: an id).
Nobody is named in it. A mark is a moment worth seeing beside the counts.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

MINUTE_MS = 60_000
HOUR_MINUTES = 60
HOURS_KEPT = 26  # a day, and what is around it


class Counted(NamedTuple):
    """A name, and the id that the count is about; "" if it is about the whole room."""

    name: str
    about: str = ""


Counts = dict[int, dict[Counted, int]]  # minute -> what was counted in it


class Mark(NamedTuple):
    """`kind` says what happened, `about` to which thing; `text` is for people."""

    at_ms: int
    kind: str
    about: str = ""
    text: str = ""


def minute_of(at_ms: int) -> int:
    return at_ms // MINUTE_MS


def hours_of(first_minute: int, last_minute: int) -> range:
    """The hours that hold these minutes."""
    return range(first_minute // HOUR_MINUTES, last_minute // HOUR_MINUTES + 1)


def add(counts: Counts, minute: int, counted: Counted, by: int) -> None:
    """Counts `by` more into `counts`."""
    of_minute = counts.setdefault(minute, {})
    of_minute[counted] = of_minute.get(counted, 0) + by


def field_of(minute: int, counted: Counted) -> str:
    """The field of an hour's hash that has this count."""
    return f"{minute % HOUR_MINUTES}|{counted.name}|{counted.about}"


def counts_of(hours: Iterable[tuple[int, Mapping[str, int]]], first: int, last: int) -> Counts:
    """The counts of the minutes from `first` to `last`, out of their hours' hashes."""
    counts: Counts = {}
    for hour, fields in hours:
        for field, value in fields.items():
            of_hour, name, about = field.split("|", 2)
            minute = hour * HOUR_MINUTES + int(of_hour)
            if first <= minute <= last:
                add(counts, minute, Counted(name, about), value)
    return counts
