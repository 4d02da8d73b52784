"""Conducts a rush on a locust runner: all join, the host opens, all settle, the oracle judges.

Every wait has a deadline, so a run ends by itself whatever the server does.
"""

import time
from collections.abc import Callable

from locust.runners import Runner

from loadtests.host import Host
from loadtests.oracle import Evidence, judge
from loadtests.report import Report, make_report
from loadtests.rush import Rush

POLL_S = 0.05
PROGRESS_EVERY_S = 1.0

Audit = Callable[[], int | None]  # the exit status of `kaibo audit`, None where it cannot be run
Say = Callable[[str], None]


def conduct(rush: Rush, host: Host, runner: Runner, audit: Audit, say: Say) -> Report:
    """Open the sale for the buyers that `runner` is spawning, and report when all is over.

    `host.prepare()` has been called. Raises LoadError if the server no longer answers the host.
    """
    begun_s, cpu_before_s = time.monotonic(), time.process_time()
    rush_for_it(rush, host, say)
    lasted_s, cpu_s = time.monotonic() - begun_s, time.process_time() - cpu_before_s
    runner.stop()
    say("asking the server for its own records")
    evidence = collect(rush, host, audit)
    return make_report(
        rush,
        evidence,
        judge(evidence),
        runner.stats,
        url=host.base_url,
        lasted_s=lasted_s,
        cpu_s=cpu_s,
    )


def rush_for_it(rush: Rush, host: Host, say: Say) -> None:
    """From the first buyer coming in to the last one settled."""
    terms = rush.terms
    _wait(lambda: rush.has_everyone_joined, terms.join_timeout_s, rush, say)
    host.start()
    say(f"the sale opens in {terms.countdown_s} s")
    _wait(lambda: rush.is_over, terms.settle_timeout_s, rush, say)


def collect(rush: Rush, host: Host, audit: Audit) -> Evidence:
    """The buyers' word beside the server's."""
    told = {
        attempt.reservation_id
        for record in rush.records
        for attempt in record.attempts
        if attempt.hold is not None
    }
    sale, orders = host.settled(told)
    return Evidence(
        records=rush.records,
        sale=sale,
        orders=orders,
        audit_status=audit(),
        buyers_wanted=rush.terms.buyers,
    )


def _wait(is_done: Callable[[], bool], for_s: float, rush: Rush, say: Say) -> None:
    """Until done or out of time, telling how far it is."""
    begun_s = told_s = time.monotonic()
    while not is_done() and time.monotonic() - begun_s < for_s:
        if time.monotonic() - told_s >= PROGRESS_EVERY_S:
            told_s = time.monotonic()
            say(rush.progress().line())
        time.sleep(POLL_S)
    say(rush.progress().line())
