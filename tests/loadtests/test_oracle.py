"""Every breach that is planted in an honest run is found, by the promise it breaks and in words."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from loadtests.oracle.evidence import (
    Evidence,
    RunEvidence,
    Verdict,
    is_broken,
    is_unproven,
)
from loadtests.oracle.fairness import fairness, kendall_tau
from loadtests.oracle.promises import PROMISES, judge
from loadtests.people.record import (
    HELD,
    SOLD_OUT,
    UNHEARD,
    WAITING,
    Intrusion,
    read_records,
    write_records,
)
from tests.loadtests.evidence import (
    ANN,
    BOB,
    CAT,
    DEADLINE_MS,
    OPENED_MS,
    attempt,
    hold,
    honest,
    of_sale,
    with_attempts,
    with_order,
    with_record,
    with_sale,
    with_swarm,
)

Plant = Callable[[RunEvidence], RunEvidence]


def test_an_honest_run_keeps_every_promise() -> None:
    findings = judge(honest())
    assert {finding.promise: finding.verdict for finding in findings} == dict.fromkeys(
        PROMISES, Verdict.KEPT
    )
    assert not is_broken(findings)


def test_a_run_without_buyers_proves_nothing() -> None:
    sale = replace(honest().sales[0].sale, available=2, sold=0)
    run = RunEvidence(
        sales=[Evidence(records=[], sale=sale, orders=[])], records=[], buyers_wanted=3
    )
    findings = judge(run)
    unproven = [finding for finding in findings if finding.verdict is Verdict.UNPROVEN]
    assert len(unproven) == len(findings) - 2, "only the counters could be looked at"
    assert is_broken(findings), "three buyers were wanted and none came"


def test_what_nothing_tested_is_exempt_only_where_the_scenario_says_why() -> None:
    run = replace(honest(), audit_status=None)
    assert is_unproven(judge(run))
    findings = judge(run, {"audit": "its folder is elsewhere", "limit": "not needed"})
    assert not is_unproven(findings)
    by_name = {finding.promise: finding.verdict for finding in findings}
    assert by_name["audit"] is Verdict.EXEMPT and by_name["limit"] is Verdict.KEPT


def overlapping(run: RunEvidence) -> RunEvidence:
    """Cat holds while Ann and Bob still do; the counters look fine."""
    return with_order(run, CAT, created_at_ms=OPENED_MS + 30)


def told_thrice(run: RunEvidence) -> RunEvidence:
    return with_record(run, 2, told=[hold(BOB, "paid", OPENED_MS + 500)])


def held_twice(run: RunEvidence) -> RunEvidence:
    attempts = run.records[0].attempts
    return with_attempts(run, 1, [attempts[0], replace(attempts[1], replayed=False)])


def other_hold(run: RunEvidence) -> RunEvidence:
    attempts = run.records[0].attempts
    changed = replace(hold(ANN), amount_cents=1)
    return with_attempts(run, 1, [attempts[0], replace(attempts[1], hold=changed)])


def refused_after_hold(run: RunEvidence) -> RunEvidence:
    first = run.records[0].attempts[0]
    return with_attempts(run, 1, [first, attempt(ANN, OPENED_MS + 100, SOLD_OUT)])


def refused_while_one_is_left(run: RunEvidence) -> RunEvidence:
    """Bob's hold was due: the refused buyer should have got that unit."""
    refused = attempt(CAT, DEADLINE_MS + 20, SOLD_OUT)
    return with_attempts(run, 3, [refused, run.records[2].attempts[1]])


def refused_by_contradiction(run: RunEvidence) -> RunEvidence:
    refused, held = run.records[2].attempts
    return with_attempts(run, 3, [replace(refused, available=1), held])


def never_answered(run: RunEvidence) -> RunEvidence:
    lost = replace(attempt(BOB, OPENED_MS + 1, UNHEARD), answered_at_ms=None)
    return with_attempts(run, 2, [lost])


def second_unit(run: RunEvidence) -> RunEvidence:
    return with_order(run, CAT, buyer_id="ann")


def without_order(run: RunEvidence) -> RunEvidence:
    return of_sale(run, orders=[each for each in run.sales[0].orders if each.buyer_id != "bob"])


def foreign_order(run: RunEvidence) -> RunEvidence:
    foreign = hold("res-nobody", "cancelled", OPENED_MS + 11)
    return of_sale(run, orders=[*run.sales[0].orders, foreign])


def anothers_hold(run: RunEvidence) -> RunEvidence:
    """Bob is answered with Ann's hold, and nothing else of it is wrong."""
    return with_record(run, 2, told=[hold(ANN, "paid", OPENED_MS + 900)])


def let_in(run: RunEvidence) -> RunEvidence:
    got_in = Intrusion(words="came in with a token of his own", outcome="host", was_refused=False)
    return with_record(run, 2, intrusions=[got_in])


PLANTED: list[tuple[str, str, Plant]] = [
    ("served", "never heard", never_answered),
    ("served", "it fell", lambda run: with_record(run, 2, failures=["it fell"])),
    ("served", "4 buyers wanted, 3", lambda run: replace(run, buyers_wanted=4)),
    ("served", "2 buyers were still at it", lambda run: replace(run, unsettled=2)),
    ("oversold", "available is -1", lambda run: with_sale(run, available=-1)),
    ("oversold", "3 units were held and sold at one moment, of 2", overlapping),
    ("oversold", "told that 3 units were theirs", told_thrice),
    ("stranded", "total 3 is not", lambda run: with_sale(run, total=3)),
    ("stranded", "sold is 1", lambda run: with_sale(run, sold=1, available=1)),
    ("stranded", "held is 1", lambda run: with_sale(run, held=1, total=3)),
    ("holds", "is no order", without_order),
    ("holds", "other terms", lambda run: with_order(run, ANN, amount_cents=1)),
    ("holds", "nobody asked for it", foreign_order),
    ("holds", "buyer 2 was told of res-ann, another's", anothers_hold),
    ("same_answer", "neither answer a replay", held_twice),
    ("same_answer", "different holds", other_hold),
    ("same_answer", "was told SOLD_OUT", refused_after_hold),
    ("payments", "paid for res-ann, which", lambda run: with_order(run, ANN, state="held")),
    ("payments", "is paid, but nobody paid", lambda run: with_record(run, 1, payments=[])),
    ("payments", "told that res-bob is paid", told_thrice),
    ("limit", "buyer ann had 2 units", second_unit),
    ("sold_out", "while 1 were left", refused_while_one_is_left),
    ("sold_out", "SOLD_OUT and 1 available", refused_by_contradiction),
    ("not_early", "res-ann", lambda run: with_sale(run, starts_at_ms=OPENED_MS + 11)),
    ("full_hold", "res-bob", lambda run: with_order(run, BOB, finished_at_ms=DEADLINE_MS - 1)),
    ("no_loss", "1 of 10 numbered events", lambda run: with_swarm(run, gaps=1)),
    ("no_loss", "1 readers never heard", lambda run: replace(run, lagging=1)),
    ("no_double", "2 numbered events came", lambda run: with_swarm(run, duplicates=2)),
    ("last_stock", "1 readers were left", lambda run: replace(run, stale=1)),
    ("intruders", "token of his own: host", let_in),
    ("audit", "status 1", lambda run: replace(run, audit_status=1)),
]


@pytest.mark.parametrize(("promise", "words", "plant"), PLANTED)
def test_a_planted_breach_is_found(promise: str, words: str, plant: Plant) -> None:
    findings = judge(plant(honest()))
    broken = [each for each in findings if each.promise == promise]
    assert broken[0].verdict is Verdict.BROKEN
    assert any(words in breach for breach in broken[0].breaches), broken[0].breaches
    assert is_broken(findings)


def test_every_promise_has_a_planted_breach() -> None:
    planted = {promise for promise, _, _ in PLANTED}
    assert planted == set(PROMISES)


def test_two_copies_in_flight_may_be_answered_in_either_order() -> None:
    run = honest()
    at_once = [attempt(ANN, OPENED_MS, SOLD_OUT), attempt(ANN, OPENED_MS, HELD)]
    same_id = judge(with_attempts(run, 1, at_once))[list(PROMISES).index("same_answer")]
    assert same_id.verdict is Verdict.KEPT


def test_a_late_payment_takes_its_unit_when_it_is_paid() -> None:
    """Bob's unit went to Cat, who gave it back; then Bob paid after all. Never three at once."""
    back_ms, late_ms = DEADLINE_MS + 100, DEADLINE_MS + 200
    run = with_order(honest(), CAT, state="cancelled", finished_at_ms=back_ms)
    run = with_order(run, BOB, state="paid", finished_at_ms=late_ms)
    run = with_record(run, 2, payments=[BOB], told=[hold(BOB, "paid", late_ms)])
    run = with_record(run, 3, payments=[], told=[])
    assert not is_broken(judge(run))


def test_sold_out_is_judged_by_the_units_there_were_before_a_restock() -> None:
    """One unit was there and Ann's; another came later."""
    refused = attempt(CAT, DEADLINE_MS + 20, SOLD_OUT)
    run = with_attempts(honest(), 3, [refused, honest().records[2].attempts[1]])
    restocked = of_sale(run, restocks=[(DEADLINE_MS + 40, 1)])
    verdicts = [
        {each.promise: each.verdict for each in judge(each)}["sold_out"]
        for each in (run, restocked)
    ]
    assert verdicts == [Verdict.BROKEN, Verdict.KEPT]


def test_an_audit_that_could_not_be_run_is_unproven() -> None:
    assert judge(replace(honest(), audit_status=None))[-1].verdict is Verdict.UNPROVEN


def test_records_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "build" / "records.jsonl"
    write_records(path, honest().records)
    assert read_records(path) == honest().records


def test_a_place_on_the_waitlist_takes_no_unit() -> None:
    """Cat waits while Ann and Bob hold; then Bob's unit is offered to her."""
    asked_ms = OPENED_MS + 40
    run = with_order(honest(), CAT, created_at_ms=asked_ms, offered=True)
    told = replace(hold(CAT, "waiting"), created_at_ms=asked_ms)
    answer = replace(attempt(CAT, asked_ms - 5, WAITING), hold=told)
    paid = replace(told, state="paid", offered=True)
    run = with_record(run, 3, attempts=[answer], told=[told, paid])
    verdicts = {each.promise: (each.verdict, each.breaches) for each in judge(run)}
    assert verdicts["oversold"][0] is Verdict.KEPT and verdicts["limit"][0] is Verdict.KEPT
    assert verdicts["holds"] == (Verdict.KEPT, [])


def test_a_late_payment_may_be_paid_back() -> None:
    run = with_order(honest(), ANN, state="refunded")
    payments = next(each for each in judge(run) if each.promise == "payments")
    assert payments.verdict is Verdict.KEPT


def test_fairness_counts_those_who_pressed_later_and_were_served() -> None:
    fair = fairness(honest().sales)
    assert fair is not None
    assert (fair.buyers, fair.pairs, fair.inversions_share) == (3, 2, 0.0)
    early = attempt(CAT, OPENED_MS - 5, SOLD_OUT)
    unfair = fairness(with_attempts(honest(), 3, [early]).sales)
    assert unfair is not None
    assert unfair.inversions_share == 1.0 and unfair.worst_jump_ms == 6.0


def test_nobody_refused_means_no_fairness_to_tell() -> None:
    run = with_attempts(honest(), 3, [])
    assert fairness(run.sales) is None


@pytest.mark.parametrize(
    ("pairs", "tau"),
    [([(1, 1), (2, 2), (3, 3)], 1.0), ([(1, 2), (2, 1)], -1.0), ([(1, 1), (1, 2)], None)],
)
def test_kendalls_tau_compares_two_orders(pairs: list[tuple[int, int]], tau: float | None) -> None:
    assert kendall_tau(pairs) == tau
