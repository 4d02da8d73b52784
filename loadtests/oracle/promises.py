"""The whole list of promises, in the order they are shown, and the judging of them. Pure.

A promise that had nothing to look at is unproven, never kept; a scenario may exempt it by its short
name and say why. To add one, write it in selling, money or telling and name it here.
"""

from collections.abc import Mapping
from typing import NamedTuple

from loadtests.oracle.evidence import Finding, RunEvidence, RunPromise, of_each_sale
from loadtests.oracle.money import every_payment_has_an_outcome
from loadtests.oracle.selling import (
    every_hold_is_known_to_both,
    never_oversold,
    never_stranded,
    no_hold_ended_early,
    nobody_bought_early,
    per_buyer_limit_kept,
    same_id_same_answer,
    sold_out_was_true,
)
from loadtests.oracle.telling import (
    audit_agrees,
    everyone_was_served,
    intruders_are_refused,
    no_event_came_twice,
    no_event_was_lost,
    the_last_stock_is_shown,
)


class Promise(NamedTuple):
    """`words` say what is promised, `judge` whether it was kept."""

    words: str
    judge: RunPromise


PROMISES: dict[str, Promise] = {
    "served": Promise("every buyer was served and answered", everyone_was_served),
    "oversold": Promise("never oversold, at any moment", of_each_sale(never_oversold)),
    "stranded": Promise(
        "nothing stranded: total = available + held + sold", of_each_sale(never_stranded)
    ),
    "holds": Promise(
        'every "you got it" has a hold, every hold a buyer',
        of_each_sale(every_hold_is_known_to_both),
    ),
    "same_answer": Promise("same id, same answer", of_each_sale(same_id_same_answer)),
    "payments": Promise(
        "every payment has an outcome, every order a payment",
        of_each_sale(every_payment_has_an_outcome),
    ),
    "limit": Promise(
        "nobody got more than the limit per buyer", of_each_sale(per_buyer_limit_kept)
    ),
    "sold_out": Promise('"sold out" only when it was so', of_each_sale(sold_out_was_true)),
    "not_early": Promise("nobody bought before the sale opened", of_each_sale(nobody_bought_early)),
    "full_hold": Promise("no hold ended before its deadline", of_each_sale(no_hold_ended_early)),
    "no_loss": Promise("no promised event was lost", no_event_was_lost),
    "no_double": Promise("no promised event came twice", no_event_came_twice),
    "last_stock": Promise("everybody was left with the true stock", the_last_stock_is_shown),
    "intruders": Promise("whoever may not was refused", intruders_are_refused),
    "audit": Promise("kaibo audit agrees", audit_agrees),
}


def judge(run: RunEvidence, exempt: Mapping[str, str] | None = None) -> list[Finding]:
    """One finding per promise."""
    findings = []
    for name, promise in PROMISES.items():
        cases, breaches = promise.judge(run)
        findings.append(
            Finding(name, promise.words, cases, list(breaches), (exempt or {}).get(name))
        )
    return findings
