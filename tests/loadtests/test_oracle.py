"""Every breach that is planted in an honest run is found, by the promise it breaks and in words."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from loadtests.oracle import PROMISES, Evidence, Verdict, is_broken, judge
from loadtests.record import HELD, SOLD_OUT, UNHEARD, read_records, write_records
from tests.loadtests.evidence import (
    ANN,
    BOB,
    CAT,
    DEADLINE_MS,
    OPENED_MS,
    attempt,
    hold,
    honest,
    with_attempts,
    with_order,
    with_record,
    with_sale,
)

Plant = Callable[[Evidence], Evidence]


def test_an_honest_run_keeps_every_promise() -> None:
    findings = judge(honest())
    assert {finding.promise: finding.verdict for finding in findings} == dict.fromkeys(
        PROMISES, Verdict.KEPT
    )
    assert not is_broken(findings)


def test_a_run_without_buyers_proves_nothing() -> None:
    sale = replace(honest().sale, available=2, sold=0)
    findings = judge(Evidence(records=[], sale=sale, orders=[], buyers_wanted=3))
    unproven = [finding for finding in findings if finding.verdict is Verdict.UNPROVEN]
    assert len(unproven) == len(findings) - 2, "only the counters could be looked at"
    assert is_broken(findings), "three buyers were wanted and none came"


def overlapping(evidence: Evidence) -> Evidence:
    """Cat holds while Ann and Bob still do; the counters look fine."""
    return with_order(evidence, CAT, created_at_ms=OPENED_MS + 30)


def told_thrice(evidence: Evidence) -> Evidence:
    return with_record(evidence, 2, told=[hold(BOB, "paid", OPENED_MS + 500)])


def held_twice(evidence: Evidence) -> Evidence:
    attempts = evidence.records[0].attempts
    return with_attempts(evidence, 1, [attempts[0], replace(attempts[1], replayed=False)])


def other_hold(evidence: Evidence) -> Evidence:
    attempts = evidence.records[0].attempts
    changed = replace(hold(ANN), amount_cents=1)
    return with_attempts(evidence, 1, [attempts[0], replace(attempts[1], hold=changed)])


def refused_after_hold(evidence: Evidence) -> Evidence:
    first = evidence.records[0].attempts[0]
    return with_attempts(evidence, 1, [first, attempt(ANN, OPENED_MS + 100, SOLD_OUT)])


def refused_while_one_is_left(evidence: Evidence) -> Evidence:
    """Bob's hold was due: the refused buyer should have got that unit."""
    refused = attempt(CAT, DEADLINE_MS + 20, SOLD_OUT)
    return with_attempts(evidence, 3, [refused, evidence.records[2].attempts[1]])


def refused_by_contradiction(evidence: Evidence) -> Evidence:
    refused, held = evidence.records[2].attempts
    return with_attempts(evidence, 3, [replace(refused, available=1), held])


def never_answered(evidence: Evidence) -> Evidence:
    lost = replace(attempt(BOB, OPENED_MS + 1, UNHEARD), answered_at_ms=None)
    return with_attempts(evidence, 2, [lost])


def second_unit(evidence: Evidence) -> Evidence:
    return with_order(evidence, CAT, buyer_id="ann")


def without_order(evidence: Evidence) -> Evidence:
    return replace(evidence, orders=[each for each in evidence.orders if each.buyer_id != "bob"])


def foreign_order(evidence: Evidence) -> Evidence:
    foreign = hold("res-nobody", "cancelled", OPENED_MS + 11)
    return replace(evidence, orders=[*evidence.orders, foreign])


PLANTED: list[tuple[str, str, Plant]] = [
    ("every buyer was", "never heard", never_answered),
    ("every buyer was", "it fell", lambda run: with_record(run, 2, failures=["it fell"])),
    ("every buyer was", "4 buyers wanted, 3", lambda run: replace(run, buyers_wanted=4)),
    ("never oversold", "available is -1", lambda run: with_sale(run, available=-1)),
    ("never oversold", "3 units were held and sold at one moment, of 2", overlapping),
    ("never oversold", "told that 3 units were theirs", told_thrice),
    ("nothing stranded", "total 3 is not", lambda run: with_sale(run, total=3)),
    ("nothing stranded", "sold is 1", lambda run: with_sale(run, sold=1, available=1)),
    ("nothing stranded", "held is 1", lambda run: with_sale(run, held=1, total=3)),
    ('every "you got it"', "is no order", without_order),
    ('every "you got it"', "other terms", lambda run: with_order(run, ANN, amount_cents=1)),
    ('every "you got it"', "nobody asked for it", foreign_order),
    ("same id", "neither answer a replay", held_twice),
    ("same id", "different holds", other_hold),
    ("same id", "was told SOLD_OUT", refused_after_hold),
    ("every payment", "paid for res-ann, which", lambda run: with_order(run, ANN, state="held")),
    ("every payment", "is paid, but nobody paid", lambda run: with_record(run, 1, payments=[])),
    ("every payment", "told that res-bob is paid", told_thrice),
    ("nobody got more", "buyer ann had 2 units", second_unit),
    ('"sold out" only', "while 1 were left", refused_while_one_is_left),
    ('"sold out" only', "SOLD_OUT and 1 available", refused_by_contradiction),
    ("nobody bought before", "res-ann", lambda run: with_sale(run, starts_at_ms=OPENED_MS + 11)),
    ("no hold ended", "res-bob", lambda run: with_order(run, BOB, finished_at_ms=DEADLINE_MS - 1)),
    ("kaibo audit", "status 1", lambda run: replace(run, audit_status=1)),
]


@pytest.mark.parametrize(("promise", "words", "plant"), PLANTED)
def test_a_planted_breach_is_found(promise: str, words: str, plant: Plant) -> None:
    findings = judge(plant(honest()))
    broken = [each for each in findings if each.promise.startswith(promise)]
    assert len(broken) == 1
    assert broken[0].verdict is Verdict.BROKEN
    assert any(words in breach for breach in broken[0].breaches), broken[0].breaches
    assert is_broken(findings)


def test_every_promise_has_a_planted_breach() -> None:
    planted = {promise for promise, _, _ in PLANTED}
    assert not [each for each in PROMISES if not any(each.startswith(name) for name in planted)]


def test_two_copies_in_flight_may_be_answered_in_either_order() -> None:
    run = honest()
    at_once = [attempt(ANN, OPENED_MS, SOLD_OUT), attempt(ANN, OPENED_MS, HELD)]
    same_id = judge(with_attempts(run, 1, at_once))[list(PROMISES).index("same id, same answer")]
    assert same_id.verdict is Verdict.KEPT


def test_a_late_payment_takes_its_unit_when_it_is_paid() -> None:
    """Bob's unit went to Cat, who gave it back; then Bob paid after all. Never three at once."""
    back_ms, late_ms = DEADLINE_MS + 100, DEADLINE_MS + 200
    run = with_order(honest(), CAT, state="cancelled", finished_at_ms=back_ms)
    run = with_order(run, BOB, state="paid", finished_at_ms=late_ms)
    run = with_record(run, 2, payments=[BOB], told=[hold(BOB, "paid", late_ms)])
    run = with_record(run, 3, payments=[], told=[])
    assert not is_broken(judge(run))


def test_an_audit_that_could_not_be_run_is_unproven() -> None:
    assert judge(replace(honest(), audit_status=None))[-1].verdict is Verdict.UNPROVEN


def test_records_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "build" / "records.jsonl"
    write_records(path, honest().records)
    assert read_records(path) == honest().records
