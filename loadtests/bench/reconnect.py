"""A storm: everybody is cut off, misses a second of comments, and comes back at the same moment.

Every viewer says where it was (`since`) and must be told exactly what it missed, once and in
order, while new comments keep coming. What arrives is only kept while the storm lasts, and read
afterwards, so that reading costs the storm nothing.
"""

import contextlib
import time

import msgspec

from loadtests.bench.comments import Comments
from loadtests.bench.crowd import Crowd, CrowdFailed, Hears, Reader
from loadtests.bench.follower import Follower, gaps, out_of_order
from loadtests.bench.plan import Plan
from loadtests.bench.stage import Position, Stage
from loadtests.progress import say

TALK_S = 1.0
ANSWER_TIMEOUT_S = 30.0
STORM_COMMENTS_PER_S = 20


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """One reconnect of all."""

    viewers: int
    missed: int  # comments while they were away
    during: int  # and while they came back
    lasted_s: float  # until the last of them had everything that was missed
    recovered: int  # viewers who were told that they lost nothing
    gaps: int
    out_of_order: int  # duplicates among them


class Tape:
    """What one viewer read, and when."""

    def __init__(self) -> None:
        self._chunks: list[tuple[float, bytes]] = []

    def hear(self, data: bytes, at_s: float) -> None:
        self._chunks.append((at_s, data))

    def play(self, offset: int) -> tuple[Follower, float]:
        """What it all said, and when it had come to `offset` (infinite if it never did)."""
        follower, reached_s = Follower(), float("inf")
        for at_s, data in self._chunks:
            known = len(follower.offsets)
            follower.hear(data, at_s)
            if offset in follower.offsets[known:]:
                reached_s = min(reached_s, at_s)
        return follower, reached_s


def measure(stage: Stage, plan: Plan) -> list[Storm]:
    """One storm a round, each with a fresh worker."""
    found = []
    for turn in range(plan.rounds):
        found.append(_one(stage, plan))
        last = found[-1]
        say(
            f"reconnect {turn + 1}/{plan.rounds}: {last.recovered} of {last.viewers} recovered in"
            f" {last.lasted_s:.2f} s, {last.gaps} gaps, {last.out_of_order} out of order"
        )
    return found


def _one(stage: Stage, plan: Plan) -> Storm:
    viewers = plan.arrival_viewers
    comments = Comments(stage, STORM_COMMENTS_PER_S)
    with stage.worker() as worker, contextlib.closing(comments):
        comments.open()
        with contextlib.closing(Crowd(stage.door(worker, viewers))) as crowd:
            crowd.arrive(viewers)
            crowd.settle(plan.quiet_s)
            since = {reader: reader.bytes for reader in crowd.readers}
            _talk(crowd, comments, plan)
            left = _where_all_are(stage, since)
            crowd.leave(list(crowd.readers))
            _talk(crowd, comments, plan)
        back = stage.position()
        door = stage.door(worker, viewers, since=f"{left.epoch}:{left.offset}")
        tapes = [Tape() for _ in range(viewers)]
        with contextlib.closing(Crowd(door)) as crowd:
            begun_s = time.time()
            _return(crowd, comments, tapes, plan)
            return _storm(tapes, begun_s, left.offset, back.offset, stage.position().offset)


def _talk(crowd: Crowd, comments: Comments, plan: Plan) -> None:
    comments.start()
    until_s = time.monotonic() + TALK_S
    while time.monotonic() < until_s:
        crowd.pump(comments.send_due())
    comments.finish(crowd, ANSWER_TIMEOUT_S)
    crowd.settle(plan.quiet_s)


def _where_all_are(stage: Stage, since: dict[Reader, int]) -> Position:
    """The position that every viewer has come to. Raises CrowdFailed if they differ: then they
    were not sent the same after `since`, where they were alike."""
    if len({reader.bytes - before for reader, before in since.items()}) > 1:
        raise CrowdFailed("viewers were not sent the same comments before they were cut off")
    return stage.position()


def _return(crowd: Crowd, comments: Comments, tapes: list[Tape], plan: Plan) -> None:
    """All at once, with comments going on."""

    def hears(number: int) -> Hears:
        return tapes[number].hear

    comments.start()
    crowd.arrive(len(tapes), at_once=True, hears=hears, meanwhile=comments.send_due)
    comments.finish(crowd, ANSWER_TIMEOUT_S)
    crowd.settle(plan.quiet_s)


def _storm(tapes: list[Tape], begun_s: float, left: int, back: int, last: int) -> Storm:
    """They left at offset `left`, came back at `back`, and the room is at `last` now."""
    played = [tape.play(back) for tape in tapes]
    return Storm(
        viewers=len(tapes),
        missed=back - left,
        during=last - back,
        lasted_s=max(reached_s for _, reached_s in played) - begun_s,
        recovered=sum(follower.recovered is True for follower, _ in played),
        gaps=sum(gaps(follower.offsets, left + 1, last) for follower, _ in played),
        out_of_order=sum(out_of_order(follower.offsets) for follower, _ in played),
    )
