"""Everything known after a run, and what a promise is. Pure.

A promise is a function of the evidence of one sale, or of the run, that returns how many cases it
looked at and a sentence for every breach it found.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

import msgspec

from loadtests.oracle.occupancy import units_of
from loadtests.people.record import WAITING, Attempt, BuyerRecord
from loadtests.result import SwarmResult
from server.wire.views import HoldView, SaleView


class Verdict(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    UNPROVEN = "unproven"  # nothing tested it
    EXEMPT = "exempt"  # nothing tested it, and the scenario says why


class Finding(msgspec.Struct, frozen=True):
    """What became of one promise: `cases` were looked at, each of `breaches` is a sentence."""

    promise: str
    words: str
    cases: int
    breaches: list[str]
    exempt: str | None = None

    @property
    def verdict(self) -> Verdict:
        if self.breaches:
            return Verdict.BROKEN
        if self.cases:
            return Verdict.KEPT
        return Verdict.UNPROVEN if self.exempt is None else Verdict.EXEMPT


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One sale. `orders` are the server's own records of the sale's holds. `restocks` say when
    units had come for certain, and how many: `sale` shows the total at the end."""

    records: list[BuyerRecord]
    sale: SaleView
    orders: list[HoldView]
    restocks: list[tuple[int, int]] = []

    def order(self, reservation_id: str) -> HoldView | None:
        return next((each for each in self.orders if each.reservation_id == reservation_id), None)

    def total_at(self, at_ms: int) -> int:
        """The units that there certainly were."""
        return self.sale.total - sum(units for done_ms, units in self.restocks if at_ms < done_ms)

    def of_sale(self, state: str) -> list[HoldView]:
        return [order for order in self.orders if order.state == state]

    def units(self, state: str) -> int:
        return sum(units_of(order, self.sale.sale_id) for order in self.of_sale(state))

    def attempts(self) -> Iterator[tuple[BuyerRecord, Attempt]]:
        return ((record, attempt) for record in self.records for attempt in record.attempts)

    def waited(self) -> set[str]:
        """Reservations that began on the waitlist, as far as buyers were told."""
        answers = {each.reservation_id for _, each in self.attempts() if each.outcome == WAITING}
        told = {
            hold.reservation_id
            for record in self.records
            for hold in record.told
            if hold.state == "waiting" or hold.offered
        }
        return answers | told | {order.reservation_id for order in self.orders if order.offered}

    def taking(self) -> list[HoldView]:
        """Orders that had units at some time: a place on a waitlist has none."""
        waited = self.waited()
        return [each for each in self.orders if each.offered or each.reservation_id not in waited]


class RunEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """The whole run. `stale` readers showed an old stock at the end, `lagging` never got there."""

    sales: list[Evidence]
    records: list[BuyerRecord]
    swarm: SwarmResult = SwarmResult()
    stale: int = 0
    lagging: int = 0
    audit_status: int | None = None  # the exit status of `kaibo audit`; None: it could not be run
    audit_words: str = ""
    buyers_wanted: int = 0
    unsettled: int = 0  # buyers who were still at it when the run had to end


Breaches = Iterator[str]
SalePromise = Callable[[Evidence], tuple[int, Breaches]]
RunPromise = Callable[[RunEvidence], tuple[int, Breaches]]


def of_each_sale(promise: SalePromise) -> RunPromise:
    """A promise about one sale, asked of all."""

    def asked(run: RunEvidence) -> tuple[int, Breaches]:
        found = [promise(evidence) for evidence in run.sales]
        return sum(cases for cases, _ in found), (
            breach for _, breaches in found for breach in breaches
        )

    return asked


def is_broken(findings: Sequence[Finding]) -> bool:
    return any(finding.verdict is Verdict.BROKEN for finding in findings)


def is_unproven(findings: Sequence[Finding]) -> bool:
    return any(finding.verdict is Verdict.UNPROVEN for finding in findings)
