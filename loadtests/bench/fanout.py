"""The price of telling everybody: server CPU per event and viewer, one at a time and in bursts.

The next burst leaves when the last one has reached everybody, so no server can save work by joining
what should be apart. Subjects take turns, round by round, and each round has its own floor: what
else the machine does falls on all of them alike.
"""

import contextlib
import statistics
import time
from collections.abc import Sequence

import msgspec

from loadtests.bench.crowd import CrowdFailed
from loadtests.bench.machine import cpu_s
from loadtests.bench.plan import Plan
from loadtests.bench.stage import Stage
from loadtests.bench.subjects import FLOOR, SUBJECTS, Subject, running
from loadtests.progress import say

BURST_TIMEOUT_S = 30.0
CALIBRATIONS_MAX = 5
CALIBRATE_QUIET_SHARE = 1 / 6  # of the quiet after an arrival
PACE_MIN_S = 0.03
PACE_PER_VIEWER_S = 20e-6
TRAILING_S = 0.1  # after the last byte came, the server may still tidy up


class Price(msgspec.Struct, frozen=True):
    """CPU per delivered event in microseconds, and how often the floor's; medians of the rounds.

    `frame_bytes`: what one event is on the wire."""

    us: float
    ratio: float
    frame_bytes: int


class Prices(msgspec.Struct, frozen=True):
    """What one subject takes."""

    subject: str
    viewers: int
    single: Price
    burst: Price


class Sample(msgspec.Struct, frozen=True):
    """One measurement."""

    us: float
    frame_bytes: int


def measure(stage: Stage, plan: Plan, names: Sequence[str] = SUBJECTS) -> list[Prices]:
    """All subjects beside each other, each with its own crowd."""
    with contextlib.ExitStack() as stack:
        subjects = []
        for name in names:
            say(f"fanout: {name} and {plan.fanout_viewers} viewers")
            subjects.append(
                stack.enter_context(running(name, stage, plan.fanout_viewers, plan.quiet_s))
            )
        return take_turns(subjects, plan)


def take_turns(subjects: Sequence[Subject], plan: Plan) -> list[Prices]:
    """The prices of `subjects`, the first of which is the floor."""
    assert subjects[0].name == FLOOR
    singles: dict[str, list[Sample]] = {subject.name: [] for subject in subjects}
    bursts: dict[str, list[Sample]] = {subject.name: [] for subject in subjects}
    for turn in range(plan.rounds):
        for subject in subjects:
            singles[subject.name].append(price(subject, 1, plan))
            bursts[subject.name].append(price(subject, plan.events_in_burst, plan))
            one, ten = singles[subject.name][-1].us, bursts[subject.name][-1].us
            say(
                f"round {turn + 1}/{plan.rounds}: {subject.name:10} {len(subject.crowd):6} viewers"
                f"  {one:6.2f} us single  {ten:6.2f} us in bursts"
            )
    return [
        Prices(
            subject.name,
            len(subject.crowd),
            _median(singles[subject.name], singles[FLOOR]),
            _median(bursts[subject.name], bursts[FLOOR]),
        )
        for subject in subjects
    ]


def price(subject: Subject, events: int, plan: Plan) -> Sample:
    """CPU of the server per event and viewer, over bursts of `events`."""
    frame_bytes = _calibrate(subject, events, plan.quiet_s * CALIBRATE_QUIET_SHARE)
    begun_s, sent = cpu_s(subject.child.pid), 0
    while sent < plan.bursts_max and cpu_s(subject.child.pid) - begun_s < plan.cpu_s:
        _send_one(subject, events, frame_bytes)
        sent += 1
    time.sleep(TRAILING_S)
    used_s = cpu_s(subject.child.pid) - begun_s
    return Sample(used_s * 1e6 / (sent * events * len(subject.crowd)), frame_bytes)


def _send_one(subject: Subject, events: int, frame_bytes: int) -> None:
    """One burst, until everybody has it and its turn is over."""
    crowd = subject.crowd
    next_at_s = time.monotonic() + pace_s(len(crowd))
    expected = crowd.total_bytes + frame_bytes * events * len(crowd)
    subject.burst(events)
    crowd.spin_for_bytes(expected, BURST_TIMEOUT_S)
    time.sleep(max(0.0, next_at_s - time.monotonic()))


def pace_s(viewers: int) -> float:
    """The least time from one burst to the next; longer than any tick of Kaibo's, so that all
    subjects, the floor too, find the same caches: those of a server that has been idle."""
    return max(PACE_MIN_S, viewers * PACE_PER_VIEWER_S)


def _calibrate(subject: Subject, events: int, quiet_s: float) -> int:
    """The bytes of one event on the wire, from bursts that are not measured."""
    crowd = subject.crowd
    for _ in range(CALIBRATIONS_MAX):  # something else may be said in between: who watches, say
        crowd.settle(quiet_s)
        before = crowd.total_bytes
        subject.burst(events)
        crowd.wait_until(lambda: crowd.total_bytes > before, BURST_TIMEOUT_S, "the first event")  # noqa: B023
        crowd.settle(quiet_s)
        per_event, rest = divmod(crowd.total_bytes - before, events * len(crowd))
        if not rest:
            return per_event
    raise CrowdFailed(f"{subject.name} did not send the same to everybody")


def _median(samples: Sequence[Sample], floors: Sequence[Sample]) -> Price:
    ratios = [sample.us / floor.us for sample, floor in zip(samples, floors, strict=True)]
    return Price(
        statistics.median(sample.us for sample in samples),
        statistics.median(ratios),
        samples[0].frame_bytes,
    )
