"""One vocabulary: the words in the scripts are the words of the enums."""

import re

import pytest

from inventory.codes import Outcome
from inventory.hold import TRANSITIONS, HoldState
from inventory.ledger.tables import sales
from inventory.pool import COUNTER_NAMES
from inventory.redis_store.keys import SCRIPT_KEYS
from inventory.redis_store.scripts import PARTS, SCRIPT_NAMES, Script, source_of

FILES = (*SCRIPT_NAMES, *PARTS)
REDIS_WORDS = {
    *("GET", "SET", "TIME", "HGET", "HSET", "HDEL", "HVALS", "HLEN", "EXISTS", "LIMIT", "STREAM"),
    *("TYPE", "DEL", "RENAME", "PERSIST", "HGETALL", "HSETNX", "ZCARD"),
    *("HMGET", "HEXISTS"),
    *("ZADD", "ZREM", "ZRANGEBYSCORE", "XADD", "XLEN", "XINFO"),
}


def code_of(name: str) -> str:
    """A script without its comments."""
    return re.sub(r"--.*", "", source_of(name))


def words_in(code: str) -> set[str]:
    quoted = set(re.findall(r"'([A-Z][A-Z_]+)'", code))
    return quoted | set(re.findall(r"^\s+([A-Z_]+) = \{state", code, re.MULTILINE))


@pytest.mark.parametrize("name", FILES)
def test_scripts_say_nothing_but_outcomes(name: str) -> None:
    assert words_in(code_of(name)) - REDIS_WORDS <= {outcome.value for outcome in Outcome}


def test_every_outcome_comes_from_some_script() -> None:
    said = set().union(*(words_in(code_of(name)) for name in FILES))
    assert {outcome.value for outcome in Outcome} <= said


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_each_header_names_every_outcome_that_its_script_returns(name: str) -> None:
    header = "\n".join(line for line in source_of(name).splitlines() if line.startswith("--"))
    for outcome in words_in(code_of(name)) - REDIS_WORDS:
        assert outcome in header


def test_the_effects_in_lua_are_the_transitions_in_python() -> None:
    pattern = r"(\w+) = \{state = '(\w+)'(?:, from = '(\w+)', to = '(\w+)', counted = (-?\d))?\}"
    effects = re.findall(pattern, code_of("prelude"))
    assert {Outcome(name) for name, *_ in effects} == TRANSITIONS.keys()
    for name, state, source, target, counted in effects:
        twin = TRANSITIONS[Outcome(name)]
        assert HoldState(state) is twin.after
        assert int(counted or 0) == twin.buyer_units
        if source:
            assert (source, target) == (twin.source.value, twin.target.value)
        else:
            assert twin.source is twin.target


def test_the_prelude_names_the_keys_in_the_order_in_which_they_are_passed() -> None:
    named = re.findall(r"local ([A-Z, ]+) = (KEYS\[.*)", code_of("prelude"))
    order = [name.strip().lower() for names, _ in named for name in names.split(",")]
    numbers = [int(n) for _, keys in named for n in re.findall(r"\d+", keys)]
    assert tuple(order) == SCRIPT_KEYS
    assert numbers == list(range(1, len(SCRIPT_KEYS) + 1))


def test_scripts_have_distinct_hashes() -> None:
    assert len({Script(name).sha1 for name in SCRIPT_NAMES}) == len(SCRIPT_NAMES)


def test_sql_carries_the_same_counters() -> None:
    assert set(COUNTER_NAMES) <= {column.name for column in sales.columns}
