"""What a reader makes of the bytes it is sent: gaps, duplicates, notices, and the fast way."""

from typing import Any

import msgpack
import pytest

from loadtests.bench.frames import client_frame
from loadtests.result import SwarmResult
from loadtests.swarm.blob import BLOBS_MAX, Blob, Library, read_blob
from loadtests.swarm.herd import add_up, share_out
from loadtests.swarm.standing import Standing


def frame(message: Any) -> bytes:
    """A server's frame: a client's without its mask."""
    payload: bytes = msgpack.packb(message)
    masked = client_frame(payload)
    head = masked[: len(masked) - len(payload) - 4]
    return bytes((head[0], head[1] & 0x7F)) + head[2:] + payload


def comments(*offsets: int) -> bytes:
    return b"".join(frame(["event", "comment", offset, 1_000 + offset, {}]) for offset in offsets)


def skipped(count: int) -> bytes:
    return frame(["event", "skipped", None, 1_000, {"count": count}])


def stock(version: int) -> bytes:
    view = {"sale_id": "s", "version": version}
    return frame(["event", "stock", None, 1_000, {"stock": view}])


def standing(offset: int = 0) -> Standing:
    found = Standing()
    found.welcome("e", offset, {}, recovered=False)
    return found


def heard(standing: Standing, data: bytes) -> Standing:
    blob, rest = read_blob(data)
    assert not rest
    standing.hear(blob)
    return standing


def counted(standing: Standing) -> tuple[int, int, int, int, int]:
    return (
        standing.promised,
        standing.received,
        standing.gaps,
        standing.duplicates,
        standing.skipped,
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (comments(1, 2, 3), (3, 3, 0, 0, 0)),
        (comments(2, 3), (3, 2, 1, 0, 0)),
        (comments(1, 3), (3, 2, 1, 0, 0)),
        (comments(1, 1, 2), (2, 2, 0, 1, 0)),
        (skipped(2) + comments(3), (3, 1, 0, 0, 2)),
        (skipped(1) + comments(3), (3, 1, 1, 0, 1)),
        (stock(4), (0, 0, 0, 0, 0)),
    ],
)
def test_every_number_is_had_missed_or_had_twice(
    data: bytes, expected: tuple[int, int, int, int, int]
) -> None:
    assert counted(heard(standing(), data)) == expected


def test_what_came_before_the_welcome_was_not_promised() -> None:
    assert counted(heard(standing(7), comments(8))) == (1, 1, 0, 0, 0)


def test_a_recovered_reader_goes_on_where_it_was() -> None:
    one = heard(standing(), comments(1, 2))
    one.welcome("e", 5, {}, recovered=True)
    assert counted(heard(one, comments(4, 5))) == (5, 4, 1, 0, 0)


def test_one_that_is_shown_the_room_anew_was_not_promised_what_it_missed() -> None:
    one = heard(standing(), comments(1, 2))
    one.welcome("e", 5, {}, recovered=False)
    assert counted(heard(one, comments(6))) == (3, 3, 0, 0, 0)


def test_whoever_does_not_hear_the_end_has_gaps() -> None:
    one = heard(standing(), comments(1))
    assert one.finish("e", 3) and one.gaps == 2
    assert not one.finish("another stream", 3)


def test_an_older_stock_does_not_replace_a_newer_one() -> None:
    one = heard(standing(), stock(4))
    assert heard(one, stock(3)).stocks == {"s": 4}


def test_bytes_that_are_known_are_not_read_again() -> None:
    library = Library()
    first, rest, _ = library.find(comments(1, 2))
    assert library.find(comments(1, 2))[0] is first and not rest


def test_half_a_frame_is_left_for_the_next_read() -> None:
    data = comments(1, 2)
    blob, rest, _ = Library().find(data[:-3])
    assert blob.last == 1 and data.endswith(rest + data[-3:])


def test_a_library_has_a_bound_and_hands_out_what_it_forgets() -> None:
    library = Library()
    forgotten: list[Blob] = []
    for offset in range(1, BLOBS_MAX + 3):
        forgotten += library.find(comments(offset))[2]
    assert [blob.first for blob in forgotten] == [1, 2]
    assert len(library.drain()) == BLOBS_MAX


def test_processes_share_the_readers_and_lose_none() -> None:
    shared = share_out([(0.0, 7), (1.0, 0)], 3)
    assert [steps[0][1] for steps in shared] == [3, 2, 2]
    assert all(steps[1] == (1.0, 0) for steps in shared)


def test_what_processes_tell_is_added_up() -> None:
    both = add_up([SwarmResult(processes=1, gaps=2), SwarmResult(processes=1, received=5)])
    assert both == SwarmResult(processes=2, gaps=2, received=5)
