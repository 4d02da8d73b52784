"""`kaibo capacity`: more people never need less, and every assumption can be seen and changed."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.capacity import costs
from server.capacity.need import Audience, Need, need
from server.capacity.sentences import assumptions, report
from tests.harness import kaibo

COSTS = costs.Costs(
    write_us=10,
    event_us=0.5,
    worker_event_us=500,
    join_us=1_000,
    purchase_us=200,
    redis_purchase_us=20,
    redis_publish_us=10,
    sql_purchases_per_s=2_000,
    viewer_bytes=10_000,
    worker_bytes=80e6,
    redis_hold_bytes=500,
    event_bytes=150,
    viewers_per_worker=10_000,
)
SHOWN_MAX = 40


def needed(costs_given: costs.Costs = COSTS, **audience: float) -> Need:
    given_audience = {"viewers": 10_000, "comments": 10, "buyers": 1_000, **audience}
    return need(msgspec.convert(given_audience, Audience), costs_given, SHOWN_MAX)


def test_one_audience_by_hand() -> None:
    """14 + 6 = 20 events/s in 10 writes: 10 * 10 + 10 * 0.5 = 105 us a second for each viewer."""
    found = needed(viewers=100_000, comments=14, buyers=0)
    assert (found.events_per_s, found.writes_per_s) == (20, 10)
    assert found.workers_for["delivery"] == 22  # 10.5 cores at 50%, less 1% for reading
    assert found.workers_for["connections"] == 10
    assert found.workers == 23
    assert found.egress_bytes_per_s == 100_000 * (20 * 150 + 10 * 66)
    assert found.memory_bytes == 23 * 80e6 + 100_000 * 10_000


def test_buyers_who_press_at_once_decide_when_they_are_many() -> None:
    found = needed(viewers=10_000, comments=1, buyers=1_000_000)
    assert max(found.workers_for, key=found.workers_for.__getitem__) == "delivery while all press"
    assert not found.has_room_for_redis  # 200,000 presses/s at 20 us are four cores


def test_a_hot_room_is_sampled_by_each_worker() -> None:
    calm, hot = needed(comments=10), needed(comments=1_000)
    assert calm.shown_per_s == 10
    assert hot.shown_per_s == min(1_000, SHOWN_MAX * hot.workers)


def test_many_rooms_share_redis_servers_until_they_are_full() -> None:
    assert needed(rooms=1, viewers=100, buyers=0).redis_shards == 1
    assert needed(rooms=20_000, viewers=100, buyers=0, comments=0.1).redis_shards > 1


@given(
    viewers=st.integers(1, 10**7),
    comments=st.floats(0, 500),
    buyers=st.integers(0, 10**7),
    factor=st.floats(1, 10),
)
def test_more_people_never_need_less(
    viewers: int, comments: float, buyers: int, factor: float
) -> None:
    less = needed(viewers=viewers, comments=comments, buyers=buyers)
    more = needed(
        viewers=int(viewers * factor), comments=comments * factor, buyers=int(buyers * factor)
    )
    assert more.workers >= less.workers
    assert more.memory_bytes >= less.memory_bytes
    assert more.egress_bytes_per_s >= less.egress_bytes_per_s
    assert more.sql_s >= less.sql_s


@pytest.mark.parametrize("name", costs.Costs.__struct_fields__)
def test_every_cost_matters(name: str) -> None:
    dearer = msgspec.structs.replace(COSTS, **{name: getattr(COSTS, name) * 50})
    audience: dict[str, Any] = {"viewers": 300_000, "comments": 60, "buyers": 900_000, "join_s": 1}
    before, after = needed(COSTS, **audience), needed(dearer, **audience)
    assert before != after
    assert costs.describe(costs.Costs, name)


def test_the_words_name_each_thing_and_each_assumption() -> None:
    audience = Audience(viewers=200_000, comments=1_000, buyers=50_000)
    found = need(audience, COSTS, SHOWN_MAX)
    text = "\n".join(report(audience, found, costs.read(), SHOWN_MAX))
    for words in ("200,000 viewers", "workers", "Redis servers", "network", "KAIBO_ROOM_COMMENTS"):
        assert words in text
    assert all(each in text for each in assumptions(audience, found, SHOWN_MAX))
    assert "! 1000 comments/s are more than anybody reads" in text


def test_the_costs_that_are_shipped_are_whole() -> None:
    assert costs.read().costs.write_us < 100


def test_the_command_answers_in_words_and_in_json(tmp_path: Path) -> None:
    words = ("capacity", "--viewers", "200000", "--comments", "40", "--buyers", "50000")
    said = kaibo(tmp_path, *words)
    assert said.returncode == 0 and "200,000 viewers in one room" in said.stdout
    told = json.loads(kaibo(tmp_path, *words, "--json").stdout)
    assert f"{told['need']['workers']} " in said.stdout
    assert told["measured"]["costs"]["write_us"] == costs.read().costs.write_us


def test_a_cost_of_your_own_replaces_the_measured_one(tmp_path: Path) -> None:
    words = ("capacity", "--viewers", "100000", "--comments", "40", "--buyers", "0", "--json")
    plain, dear = (
        json.loads(kaibo(tmp_path, *words, *more).stdout) for more in ((), ("--write-us", "100"))
    )
    assert dear["measured"]["costs"]["write_us"] == 100
    assert dear["need"]["workers"] > plain["need"]["workers"]


def test_a_setting_changes_how_much_a_room_shows(tmp_path: Path) -> None:
    words = ("capacity", "--viewers", "10", "--comments", "500", "--buyers", "0", "--json")
    done = kaibo(tmp_path, *words, "--room-comments-per-s-max", "5")
    found = json.loads(done.stdout)["need"]
    assert found["shown_per_s"] == 5 * found["workers"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--viewers", "0"), "argument --viewers: must be a whole number from 1"),
        (("--viewers", "many"), "argument --viewers: must be a whole number from 1"),
        (("--viewers", "1", "--write-us", "-1"), "argument --write-us: must be a number above 0"),
    ],
)
def test_a_wrong_figure_is_refused_by_its_flag(
    tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    done = kaibo(tmp_path, "capacity", "--comments", "1", "--buyers", "1", *words)
    assert done.returncode == 2
    assert told in done.stderr
