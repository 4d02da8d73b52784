"""How long a comment takes to everybody, in a room full of viewers; and with some who never read.

Comments are real: hosts send them to the office, the room's script stamps and publishes them, the
worker delivers. Latency is from the script's stamp to the bytes being read by a sample of viewers,
spread evenly over the room. All others count bytes, which must be the same for everybody: with no
gap in the sample, that says that nobody was skipped.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator

import msgspec

from loadtests.bench.comments import Comments
from loadtests.bench.crowd import Crowd
from loadtests.bench.follower import Follower, gaps, out_of_order, percentile
from loadtests.bench.machine import CoreShare
from loadtests.bench.plan import Plan
from loadtests.bench.stage import Stage
from loadtests.progress import say

FROZEN_WINDOW_BYTES = 4_096
CLOG_BURSTS, CLOG_EVENTS = 12, 100  # so much that a frozen viewer is full when it counts
ANSWER_TIMEOUT_S = 30.0
WARM_UP_SHARE = 0.1  # of the time that is measured
PUMP_S_MAX = 0.05
SHOWN_SHARES = (*(percent / 100 for percent in range(1, 100)), 0.995, 0.999, 1.0)


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One room of `viewers`, `frozen` of whom never read, told `comments_per_s`."""

    viewers: int
    frozen: int
    comments_per_s: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    skipped: int  # comments that the sample was told it was not sent
    gaps: int  # numbers that the sample did not get
    out_of_order: int
    unlike: int  # viewers who were sent another number of bytes than most
    worker_cpu_percent: float
    others_cpu_percent: float  # of the same core, by programs that are none of ours
    curve_ms: list[float]  # at SHOWN_SHARES


def measure(stage: Stage, plan: Plan) -> tuple[list[Arrival], list[Arrival]]:
    """Rooms without and with frozen viewers, in turn, each with a fresh worker."""
    plain: list[Arrival] = []
    frozen: list[Arrival] = []
    for turn in range(plan.rounds):
        for share, found in ((0.0, plain), (plan.frozen_share, frozen)):
            found.append(_one(stage, plan, share))
            last = found[-1]
            say(
                f"arrival {turn + 1}/{plan.rounds}: {last.viewers} viewers, {last.frozen} frozen:"
                f" p50 {last.p50_ms:.0f} ms, p99 {last.p99_ms:.0f} ms, {last.skipped} skipped,"
                f" worker {last.worker_cpu_percent:.0f}% and others"
                f" {last.others_cpu_percent:.0f}% of its core"
            )
    return plain, frozen


def _one(stage: Stage, plan: Plan, frozen_share: float) -> Arrival:
    frozen = round(plan.arrival_viewers * frozen_share)
    followers = _followers(plan, frozen)
    with stage.worker() as worker, _comments(stage, plan.comments_per_s) as comments:
        crowd = Crowd(stage.door(worker, plan.arrival_viewers))
        with contextlib.closing(crowd):
            _fill(stage, crowd, plan, frozen, followers)
            _talk(crowd, comments, WARM_UP_SHARE * plan.arrival_s)
            crowd.settle(plan.quiet_s)
            for follower in followers.values():
                follower.forget()
            before = {reader: reader.bytes for reader in crowd.readers}
            core = CoreShare(stage.cores.server, worker.pid)
            _talk(crowd, comments, plan.arrival_s)
            used_percent = core.used_percent()
            crowd.settle(plan.quiet_s)
            sent_bytes = [reader.bytes - before[reader] for reader in crowd.readers[frozen:]]
    return _arrival(plan, frozen, list(followers.values()), sent_bytes, used_percent)


def _followers(plan: Plan, frozen: int) -> dict[int, Follower]:
    """A follower for every so manieth viewer who reads."""
    step = max(1, (plan.arrival_viewers - frozen) // plan.sampled)
    return {number: Follower() for number in range(frozen, plan.arrival_viewers, step)}


@contextlib.contextmanager
def _comments(stage: Stage, per_s: int) -> Iterator[Comments]:
    comments = Comments(stage, per_s)
    with contextlib.closing(comments):
        comments.open()
        yield comments


def _fill(
    stage: Stage, crowd: Crowd, plan: Plan, frozen: int, followers: dict[int, Follower]
) -> None:
    """Everybody comes; the frozen ones first, and they are full when this returns."""
    if frozen:
        stuck = crowd.arrive(frozen, receive_bytes=FROZEN_WINDOW_BYTES)
        crowd.settle(plan.quiet_s)
        crowd.freeze(stuck)
    crowd.arrive(
        plan.arrival_viewers - frozen,
        hears=lambda number: followers[number].hear if number in followers else None,
    )
    crowd.settle(plan.quiet_s)
    if frozen:
        for _ in range(CLOG_BURSTS):
            stage.channel().burst(CLOG_EVENTS)
            crowd.settle(0.1)


def _talk(crowd: Crowd, comments: Comments, for_s: float) -> None:
    """Comments for so long, until the last of them was answered."""
    comments.start()
    until_s = time.monotonic() + for_s
    while time.monotonic() < until_s:
        due_in_s = comments.send_due()
        crowd.pump(min(due_in_s, PUMP_S_MAX))
    comments.finish(crowd, ANSWER_TIMEOUT_S)


def _arrival(
    plan: Plan,
    frozen: int,
    told: list[Follower],
    sent_bytes: list[int],
    used_percent: tuple[float, float],
) -> Arrival:
    latencies = [ms for follower in told for ms in follower.latencies_ms]
    most_common = Counter(sent_bytes).most_common(1)[0][1]
    first = min(min(follower.offsets) for follower in told)
    last = max(max(follower.offsets) for follower in told)
    return Arrival(
        viewers=plan.arrival_viewers,
        frozen=frozen,
        comments_per_s=plan.comments_per_s,
        p50_ms=percentile(latencies, 0.5),
        p99_ms=percentile(latencies, 0.99),
        max_ms=max(latencies),
        skipped=sum(follower.skipped for follower in told),
        gaps=sum(gaps(follower.offsets, first, last) for follower in told),
        out_of_order=sum(out_of_order(follower.offsets) for follower in told),
        unlike=len(sent_bytes) - most_common,
        worker_cpu_percent=used_percent[0],
        others_cpu_percent=used_percent[1],
        curve_ms=[percentile(latencies, share) for share in SHOWN_SHARES],
    )
