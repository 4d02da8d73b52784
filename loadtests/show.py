"""One show: the room and its sales, and what all who take part share while it lasts.

People only ever add to it. Whoever conducts it reads it to know how far everybody is, and hands the
records to the oracle afterwards. `t_s` is the time since it began, on one clock for all.
"""

import secrets
import time

import msgspec

from loadtests.people.record import HELD, SOLD_OUT, BuyerRecord
from loadtests.scenario import Scenario
from loadtests.timeline import Timeline

ROOM_ID = "rush"
PRICE_CENTS = 1_990
POLL_S = 0.2


class SaleTerms(msgspec.Struct, frozen=True, kw_only=True):
    """One of the show's sales; the countdown begins at `starts_at_s`."""

    sale_id: str
    product_id: str
    title: str
    units: int
    starts_at_s: float


def sales_of(scenario: Scenario) -> list[SaleTerms]:
    """Sales that the room has not had before."""
    run = secrets.token_hex(4)
    return [
        SaleTerms(
            sale_id=f"rush-{run}-{number}",
            product_id=f"tea-{number}",
            title=f"Rush tea {number}",
            units=scenario.units,
            starts_at_s=scenario.opens_at_s + (number - 1) * scenario.next_sale_s,
        )
        for number in range(1, scenario.products + 1)
    ]


class Progress(msgspec.Struct, frozen=True):
    """How far the buyers are, in people; `answers` counts reserve commands answered."""

    joined: int
    answers: int
    held: int
    paid: int
    sold_out: int
    settled: int


class Show:
    """The records of one run as they grow."""

    def __init__(self, name: str, scenario: Scenario, room_id: str = ROOM_ID) -> None:
        self.begin(name, scenario, room_id)

    def begin(self, name: str, scenario: Scenario, room_id: str = ROOM_ID) -> None:
        """Forget everything and start anew: locust's web UI runs one test after another."""
        self.name = name
        self.scenario = scenario
        self.room_id = room_id
        self.sales = sales_of(scenario)
        self.records: list[BuyerRecord] = []
        self.timeline = Timeline()
        self.restocks: list[tuple[str, int, int]] = []  # the sale, when it was done, units
        self.people = 0  # connected now, of those that are locust's
        self.is_closed = False  # the run is over: whoever still waits goes home
        self._settled = 0
        self.start_clock()

    def __repr__(self) -> str:
        return f"<Show {self.name} at {self.t_s:.1f} s>"

    def start_clock(self) -> None:
        """The run begins now."""
        self.begun_at_ms = int(time.time() * 1000)
        self._begun_s = time.monotonic()

    @property
    def t_s(self) -> float:
        return time.monotonic() - self._begun_s

    @property
    def buyers(self) -> int:
        """Those who come to buy, scalpers among them."""
        return self.scenario.buyers + self.scenario.scalpers

    def new_record(self, kind: str) -> BuyerRecord:
        """A record of one more buyer; buyers are shared out evenly among the sales."""
        number = len(self.records) + 1
        sale = self.sales[(number - 1) % len(self.sales)]
        record = BuyerRecord(number=number, kind=kind, sale_id=sale.sale_id)
        self.records.append(record)
        return record

    def sale(self, sale_id: str) -> SaleTerms:
        return next(sale for sale in self.sales if sale.sale_id == sale_id)

    def settle(self) -> None:
        """One buyer wants nothing more; it may still watch."""
        self._settled += 1

    @property
    def unsettled(self) -> int:
        return max(0, self.buyers - self._settled)

    @property
    def is_settled(self) -> bool:
        return self._settled >= self.buyers

    def await_end(self) -> None:
        """Blocks until the show is closed."""
        while not self.is_closed:
            time.sleep(POLL_S)

    def came(self) -> None:
        self._change(1)

    def went(self) -> None:
        self._change(-1)

    def _change(self, by: int) -> None:
        self.people += by
        self.timeline.connected(self.t_s, "people", self.people)

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
