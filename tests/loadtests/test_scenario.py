"""Scenario files: those that come with Kaibo can be used, and a mistake is named with its field."""

import itertools
from pathlib import Path

import pytest

from loadtests.oracle.promises import PROMISES
from loadtests.scenario import ScenarioUnusable, load, names, parse
from loadtests.shapes import SHAPES, shape_of

GOOD = """
text = "a few"
shape = "soak"
duration_s = 60
viewers = 10
buyers = 3
"""


@pytest.mark.parametrize("name", names())
def test_a_scenario_that_comes_with_kaibo_can_be_used(name: str) -> None:
    found, scenario = load(name)
    assert found == name and len(scenario.text) > 20
    assert scenario.shape in SHAPES and set(scenario.exempt) <= PROMISES.keys()
    assert scenario.last_opening_s + scenario.hold_s < scenario.duration_s


def test_the_named_ones_are_all_there() -> None:
    assert {*SHAPES, "scalpers", "smoke"} == set(names())


def test_what_is_not_said_has_a_default() -> None:
    scenario = parse(GOOD)
    assert (scenario.products, scenario.per_buyer_max, scenario.faults) == (1, 1, [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("text = 3", "field `text`: Expected `str`"),
        (GOOD.replace("viewers", "viewerz"), "field `viewerz` does not exist; did you mean"),
        (GOOD.replace("10", "-1"), "field `viewers`: Expected `int` >= 0"),
        (GOOD.replace("buyers = 3", ""), "field `buyers`: Object missing required field"),
        (GOOD.replace("soak", "sock"), "'sock'; there are: countdown_rush, slow_burn"),
        (GOOD + '[exempt]\nintruder = "x"', "field `exempt.intruder`: no promise is called so"),
        (GOOD + "opens_at_s = 58", "field `duration_s`: the last sale opens after 63 s"),
        (GOOD + '[[faults]]\nkind = "x"\nat_s = 1', "field `faults[0].kind`: Invalid enum"),
        (
            GOOD + '[[faults]]\nkind = "kill_worker"',
            "required field `at_s`; add it",
        ),
        (GOOD + '[[faults]]\nkind = "kill_worker"\nat_s = 99', "field `faults[0].at_s`: 99"),
        (GOOD + '[[faults]]\nkind = "kill_worker"\nat = 9', "field `at` does not exist; did you"),
        ("text = ", "not TOML"),
    ],
)
def test_a_mistake_is_named_with_its_field(text: str, words: str) -> None:
    with pytest.raises(ScenarioUnusable) as refused:
        parse(text)
    assert words in str(refused.value)


def test_a_file_of_ones_own_is_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    assert load(str(path))[0] == "mine"


def test_everybody_is_there_before_the_countdown() -> None:
    scenario = load("countdown_rush")[1]
    shape = shape_of(scenario)
    assert shape.share(0) == 0.0 and shape.share(scenario.opens_at_s - 2) == 1.0


def test_a_celebrity_brings_ten_times_as_many_within_a_minute() -> None:
    scenario = load("celebrity_join")[1]
    shape = shape_of(scenario)
    assert shape.share(scenario.opens_at_s) == pytest.approx(0.1)
    assert shape.share(scenario.opens_at_s + 60) == 1.0


def test_a_slow_burn_is_slow() -> None:
    scenario = load("slow_burn")[1]
    assert shape_of(scenario).share(scenario.duration_s / 4) < 0.5


def test_the_swarm_is_told_when_the_number_changes_and_never_more_than_all() -> None:
    for name in names():
        scenario = load(name)[1]
        steps = shape_of(scenario).steps(1_000)
        counts = [count for _, count in steps]
        assert max(counts) == 1_000 and min(counts) >= 0
        assert all(one != other for one, other in itertools.pairwise(counts))


def test_people_who_want_to_buy_never_leave_before_they_are_done() -> None:
    for name in names():
        shape = shape_of(load(name)[1])
        shares = [shape.people_share(t_s) for t_s in range(0, 4_000, 7)]
        assert shares == sorted(shares) and shares[-1] == 1.0
