"""A room is one slot: all of its keys, and all that its scripts touch."""

import re
from pathlib import Path

import pytest

from server.cluster.slots import slot_of
from tests.docs.pages import ROOT
from tests.docs.test_reference import key_names

SCRIPTS = sorted([*ROOT.glob("inventory/**/*.lua"), *ROOT.glob("rooms/**/*.lua")])
CALL = re.compile(r"redis\.call\(\s*('\w+'|ARGV\[\d+\])\s*(?:,\s*(.*))?")
KEYLESS = {"'TIME'"}


def test_all_keys_of_a_room_have_its_slot_and_other_rooms_have_others() -> None:
    names = key_names()
    assert len(names) > 20
    assert {slot_of(name) for name in names} == {slot_of("room_id")}
    assert slot_of("kaibo:{room_id}:pools") != slot_of("kaibo:{other}:pools")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_touches_only_keys_that_it_was_given(script: Path) -> None:
    """No key is made up inside: the first argument of every call is KEYS[n] or a name for one."""
    for command, rest in CALL.findall(script.read_text()):
        if command in KEYLESS:
            continue
        key = re.split(r"[,)]", rest.replace("'STREAM', ", ""))[0].strip()
        assert re.fullmatch(r"KEYS\[[^\]]+\]?\]|[A-Za-z_]+|ARGV\[1\]", key), (command, key)
