"""What each client was told, written down by the client itself: the oracle's evidence.

A client notes what it asked, when (on the server's clock, as far as it could tell) and what came
back, word for word. Nothing here judges; the oracle does. One line of JSON per buyer on disk.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from server.wire.views import HoldView

HELD = "HELD"  # the outcome of an attempt that was answered with a hold
WAITING = "WAITING"  # with a place on the waitlist
SOLD_OUT = "SOLD_OUT"
USER_LIMIT = "USER_LIMIT"
UNHEARD = ""  # no answer reached the client: the connection ended first


class Attempt(msgspec.Struct, kw_only=True):
    """One `reserve` command. `asked_at_ms` is before it left, `answered_at_ms` after it came."""

    reservation_id: str
    quantity: int
    asked_at_ms: int
    answered_at_ms: int | None = None
    outcome: str = UNHEARD  # HELD, WAITING, or the code of the error
    replayed: bool = False
    hold: HoldView | None = None
    available: int | None = None  # how many units a refusal said there were


class Intrusion(msgspec.Struct, kw_only=True):
    """Something that must be refused: `outcome` is the refusal's code, or what was got."""

    words: str
    outcome: str
    was_refused: bool


class BuyerRecord(msgspec.Struct, kw_only=True):
    """One buyer's whole visit, in the order of what happened."""

    number: int
    kind: str
    sale_id: str = ""
    buyer_id: str = ""
    joined: bool = False
    clock_error_ms: int = 0  # how wrong the times of the attempts may be
    attempts: list[Attempt] = []
    told: list[HoldView] = []  # every hold that an event or a reply showed this buyer
    payments: list[str] = []  # reservation ids whose pay page took the money
    abandoned: list[str] = []  # ids of which this buyer did not wait to hear the end
    intrusions: list[Intrusion] = []
    failures: list[str] = []  # what should not have happened, in words

    @property
    def first(self) -> Attempt | None:
        return self.attempts[0] if self.attempts else None

    def attempts_of(self, reservation_id: str) -> list[Attempt]:
        return [each for each in self.attempts if each.reservation_id == reservation_id]

    def reservation_ids(self) -> list[str]:
        """Every id this buyer used, once each, oldest first."""
        return list(dict.fromkeys(attempt.reservation_id for attempt in self.attempts))


def write_records(path: Path, records: Iterable[BuyerRecord]) -> None:
    """One line of JSON per buyer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in records))


def read_records(path: Path) -> list[BuyerRecord]:
    """What `write_records` wrote. Raises msgspec.ValidationError on anything else."""
    return [msgspec.json.decode(line, type=BuyerRecord) for line in path.read_bytes().splitlines()]
