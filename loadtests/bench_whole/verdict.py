"""What the courses say, beside what they should: reached or missed, as measured. Pure."""

import statistics
from collections.abc import Iterator, Sequence

import msgspec

from loadtests.bench.verdict import Figure, Verdict
from loadtests.bench_whole.course import Course

OURS, PEER = "kaibo", "peer"
ARRIVAL_P99_MS_MAX = 250
BACK_S_MAX = 10.0

_Line = tuple[str, str, str, bool]


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """One course per server; one that was not asked for is missing."""

    courses: list[Course] = []

    def of(self, subject: str) -> Course | None:
        return next((each for each in self.courses if each.subject == subject), None)


def answers_per_s(course: Course) -> float:
    return statistics.median(course.rushes.per_s)


def cpu_s(course: Course) -> float:
    return course.talk.cpu_s + course.rushes.cpu_s


def figures(results: Results, *, is_full: bool) -> list[Figure]:
    """The figures that `results` allow: each of ours beside the peer's."""
    ours, peer = results.of(OURS), results.of(PEER)
    if ours is None or peer is None:
        return []
    lines = [*_speed(ours, peer), *_promises(ours, peer)]
    return [
        Figure(name, measured, target, _verdict(is_reached, is_full=is_full))
        for name, measured, target, is_reached in lines
    ]


def _verdict(is_reached: bool, *, is_full: bool) -> Verdict:
    if not is_full:
        return Verdict.NOT_JUDGED
    return Verdict.REACHED if is_reached else Verdict.MISSED


def _speed(ours: Course, peer: Course) -> Iterator[_Line]:
    rates = answers_per_s(ours), answers_per_s(peer)
    yield (
        f"answers/s when {ours.buyers:,} press at once for {ours.units} units",
        f"{rates[0]:,.0f}/s; the peer {rates[1]:,.0f}/s",
        "no fewer than the peer",
        rates[0] >= rates[1],
    )
    yield (
        f"publish to receive, {ours.viewers:,} viewers, {ours.comments_per_s} comments/s",
        f"{_arrival(ours)}; the peer {_arrival(peer)} (the crowd used {_crowd(ours, peer)})",
        f"p99 <= {ARRIVAL_P99_MS_MAX} ms and the peer's",
        ours.talk.p99_ms <= min(ARRIVAL_P99_MS_MAX, peer.talk.p99_ms),
    )
    yield (
        "the same while everybody presses, p99",
        f"{ours.rushes.comment_p99_ms:.0f} ms; the peer {peer.rushes.comment_p99_ms:.0f} ms",
        f"<= {ARRIVAL_P99_MS_MAX} ms",
        ours.rushes.comment_p99_ms <= ARRIVAL_P99_MS_MAX,
    )
    yield (
        "CPU of the server for comments and sales, Redis apart",
        f"{cpu_s(ours):.1f} s; the peer {cpu_s(peer):.1f} s",
        "no more than the peer",
        cpu_s(ours) <= cpu_s(peer),
    )


def _arrival(course: Course) -> str:
    return f"p50 {course.talk.p50_ms:.0f}, p99 {course.talk.p99_ms:.0f} ms"


def _crowd(ours: Course, peer: Course) -> str:
    """Of a core, by those who measured: near 100 the times are theirs."""
    return f"{ours.talk.crowd_percent:.0f}% and {peer.talk.crowd_percent:.0f}% of a core"


def _promises(ours: Course, peer: Course) -> Iterator[_Line]:
    yield (
        "a worker killed while everybody presses: all connected and answered again",
        f"{_back(ours)}; the peer {_back(peer)}",
        f"<= {BACK_S_MAX:.0f} s",
        ours.loss.back_s is not None and ours.loss.back_s <= BACK_S_MAX,
    )
    yield (
        "comments that viewers missed or got twice, in all",
        f"{_comments(ours)}; the peer {_comments(peer)}",
        "none",
        not ours.loss.missed_comments and not ours.loss.comments_twice,
    )
    yield (
        f"promises broken in {len(ours.rushes.per_s) + 1} sales",
        f"{_broken([ours])}; the peer {_broken([peer])}",
        "none",
        not ours.loss.broken,
    )


def _back(course: Course) -> str:
    return "never" if course.loss.back_s is None else f"{course.loss.back_s:.1f} s"


def _comments(course: Course) -> str:
    return (
        f"{course.loss.missed_comments} missed, {course.loss.comments_twice} twice"
        f" by {course.listeners} who read"
    )


def _broken(courses: Sequence[Course]) -> str:
    words = [words for course in courses for words in course.loss.broken]
    return "; ".join(words) or "none"
