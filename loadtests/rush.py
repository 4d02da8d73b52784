"""One rush: the sale that is rushed for, and what its buyers share while it lasts.

Buyers only ever add to it. Whoever conducts the rush reads it to know when all have joined and when
all have settled, and hands the records to the oracle afterwards.
"""

import math
import secrets

import msgspec

from loadtests.record import HELD, SOLD_OUT, BuyerRecord

ROOM_ID = "rush"


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What is sold to how many. Holds are short so that a lapsed one is sold again in the run."""

    room_id: str
    sale_id: str
    buyers: int
    units: int
    per_buyer_max: int = 1
    price_cents: int = 1_990
    hold_duration_s: int = 8
    countdown_s: int = 3
    patience_s: float = 25.0  # how long after the opening a refused buyer hopes for a unit

    @property
    def join_timeout_s(self) -> float:
        return 20.0 + self.buyers / 20

    @property
    def settle_timeout_s(self) -> float:
        """Countdown, patience, and one more wait for the answer to a last payment."""
        return self.countdown_s + self.patience_s + 30.0


def new_terms(room_id: str, buyers: int, units: int) -> Terms:
    """Terms of a sale that the room has not had before."""
    sale_id = f"rush-{secrets.token_hex(4)}"
    return Terms(room_id=room_id, sale_id=sale_id, buyers=buyers, units=units)


class Progress(msgspec.Struct, frozen=True):
    """How far the buyers are, in people; `answers` counts reserve commands answered."""

    joined: int
    answers: int
    held: int
    paid: int
    sold_out: int
    settled: int

    def line(self) -> str:
        return (
            f"joined {self.joined}  answers {self.answers}  got a hold {self.held}  "
            f"paid {self.paid}  told sold out {self.sold_out}  done {self.settled}"
        )


class Rush:
    """The records of one rush as they grow."""

    def __init__(self, terms: Terms) -> None:
        self.begin(terms)

    def begin(self, terms: Terms) -> None:
        """Forget everything and start anew: locust's web UI runs one test after another."""
        self.terms = terms
        self.records: list[BuyerRecord] = []
        self._settled = 0

    def __repr__(self) -> str:
        return f"<Rush {self.terms.sale_id}: {self.progress().line()}>"

    def new_record(self, kind: str) -> BuyerRecord:
        record = BuyerRecord(number=len(self.records) + 1, kind=kind)
        self.records.append(record)
        return record

    def settle(self) -> None:
        """One buyer wants nothing more; it may still watch."""
        self._settled += 1

    @property
    def has_everyone_joined(self) -> bool:
        """Or fallen out before."""
        there = sum(record.joined or bool(record.failures) for record in self.records)
        return there >= self.terms.buyers

    @property
    def is_over(self) -> bool:
        return self._settled >= self.terms.buyers

    def progress(self) -> Progress:
        outcomes = [
            {attempt.outcome for attempt in record.attempts if attempt.outcome}
            for record in self.records
        ]
        return Progress(
            joined=sum(record.joined for record in self.records),
            answers=sum(
                attempt.answered_at_ms is not None
                for record in self.records
                for attempt in record.attempts
            ),
            held=sum(HELD in each for each in outcomes),
            paid=sum(bool(record.payments) for record in self.records),
            sold_out=sum(SOLD_OUT in each for each in outcomes),
            settled=self._settled,
        )

    def first_wave_per_s(self) -> float:
        """Reserve answers per second while every buyer asked for the first time."""
        firsts = [record.first for record in self.records if record.first]
        answered = [each.answered_at_ms for each in firsts if each.answered_at_ms is not None]
        if not answered:
            return 0.0
        lasted_ms = max(answered) - min(each.asked_at_ms for each in firsts)
        return math.inf if lasted_ms == 0 else len(answered) / lasted_ms * 1000
