"""The whole system beside a peer: its verdicts, its judge, and a tiny course on both, for real."""

import json
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import pytest

from loadtests.bench.verdict import Verdict
from loadtests.bench_whole import __main__ as bench
from loadtests.bench_whole.course import Course, Loss, Rushes, Talk
from loadtests.bench_whole.dialects import Heard as Said
from loadtests.bench_whole.dialects import KaiboWords, Kind, PeerWords
from loadtests.bench_whole.picture import draw
from loadtests.bench_whole.plan import TINY
from loadtests.bench_whole.promises import Heard, Sale, broken, missed
from loadtests.bench_whole.verdict import Results, figures

GOOD = Sale(
    name="s",
    units=2,
    left=0,
    orders={"a": "p1", "b": "p2"},
    held={"a": 1, "b": 2},
    refused=3,
    unanswered=0,
)


def course(subject: str, *, per_s: float = 1_000.0, p99_ms: float = 20.0, **loss: Any) -> Course:
    given = {"back_s": 1.0, "viewers_cut": 5, "missed_comments": 0, "comments_twice": 0}
    return Course(
        subject=subject,
        viewers=1_000,
        buyers=500,
        units=100,
        comments_per_s=20,
        listeners=100,
        talk=Talk(p50_ms=5.0, p99_ms=p99_ms, deliveries=1_000, cpu_s=1.0, crowd_percent=40.0),
        rushes=Rushes(
            per_s=[per_s],
            answer_p50_ms=1.0,
            answer_p99_ms=2.0,
            comment_p99_ms=p99_ms,
            cpu_s=1.0,
            redis_us_per_press=9.0,
        ),
        loss=Loss(**(given | {"broken": []} | loss)),
        worker_bytes=1,
    )


def verdicts(ours: Course, peer: Course) -> list[Verdict]:
    return [each.verdict for each in figures(Results(courses=[ours, peer]), is_full=True)]


def test_equal_servers_reach_every_target() -> None:
    assert set(verdicts(course("kaibo"), course("peer"))) == {Verdict.REACHED}


@pytest.mark.parametrize(
    ("worse", "count"),
    [
        ({"per_s": 999.0}, 1),
        ({"p99_ms": 251.0}, 2),
        ({"back_s": None}, 1),
        ({"missed_comments": 1}, 1),
        ({"broken": ["s: 3 orders for 2 units"]}, 1),
    ],
)
def test_each_figure_that_is_worse_is_missed(worse: dict[str, Any], count: int) -> None:
    assert verdicts(course("kaibo", **worse), course("peer")).count(Verdict.MISSED) == count


def test_without_the_peer_there_is_nothing_to_say() -> None:
    assert figures(Results(courses=[course("kaibo")]), is_full=True) == []


def test_a_sale_that_kept_its_promises_says_nothing() -> None:
    assert broken(GOOD) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"held": {"a": 1, "b": 2, "c": 3}}, "3 were told that one of 2 units"),
        ({"orders": {"a": "p1", "b": "p2", "c": "p3"}}, "3 orders for 2 units"),
        ({"held": {"a": 1, "b": 2}, "orders": {"a": "p1"}}, "1 were told that it is theirs"),
        ({"held": {"a": 1}}, "1 orders that their buyers were not told of"),
        ({"units": 3}, "1 units are neither left nor in an order"),
        ({"orders": {"a": "p1", "b": "p1"}}, "1 buyers have more than the one"),
        ({"unanswered": 1}, "1 buyers were never answered"),
    ],
)
def test_each_broken_promise_is_found(change: dict[str, Any], words: str) -> None:
    assert any(words in found for found in broken(msgspec.structs.replace(GOOD, **change)))


def test_comments_that_a_viewer_was_told_were_skipped_are_not_missed() -> None:
    got = Heard(published={1, 2, 3}, counts={1: 2}, skipped=1, cuts=1)
    assert missed([got]) == {"missed": 1, "twice": 1, "cut": 1}


def test_both_dialects_tell_answers_from_events() -> None:
    ours, peer = KaiboWords("room"), PeerWords()
    ours.buy(7, "id-7", "s")
    assert ours.answer(msgpack.packb(["reply", 7, {}])) == Said(Kind.HELD, "id-7")
    ours.buy(8, "id-8", "s")
    refused = msgpack.packb(["error", 8, {"code": "UNAVAILABLE"}])
    assert ours.answer(refused) == Said(Kind.AGAIN, "id-8")
    assert ours.answer(msgpack.packb(["event", "stock", None, 1, {}])) is None
    bought = json.dumps({"type": "bought", "id": "id-9"}).encode()
    assert peer.answer(bought) == Said(Kind.HELD, "id-9")
    assert peer.answer(b'{"type": "stock", "left": 1}') is None


def test_a_tiny_course_on_both_is_measured_and_drawn(tmp_path: Path) -> None:
    report = bench.run(TINY)
    assert not report.failures
    assert {each.subject for each in report.results.courses} == {"kaibo", "peer"}
    for found in report.results.courses:
        assert found.talk.deliveries > 0 and found.talk.cpu_s > 0
        assert found.loss.back_s is not None  # somebody was cut off, and all came back
    ours = report.results.of("kaibo")
    assert ours is not None
    assert (ours.loss.broken, ours.loss.missed_comments, ours.loss.comments_twice) == ([], 0, 0)
    assert {each.verdict for each in report.figures} == {Verdict.NOT_JUDGED}
    draw(tmp_path / "whole.svg", report.results)
    assert "answers per second" in (tmp_path / "whole.svg").read_text()
