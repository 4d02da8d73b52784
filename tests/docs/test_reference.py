"""The reference is complete, and what lies in docs/ is what would be written today."""

import inspect
import re
from collections.abc import Iterator

import pytest

from inventory.redis_store import verdicts
from inventory.redis_store.keys import SCRIPT_KEYS, room_key
from rooms.redis_broker import keys as room_keys
from server.http.endpoints import ENDPOINTS
from server.reference import PAGES
from server.reference.markdown import Incomplete, filled, require_same
from server.settings import SECRETS, Settings, environ_name, flag_name
from server.wire.codes import CloseCode, ErrorCode
from server.wire.commands import COMMANDS
from server.wire.events import EVENTS
from tests.docs.pages import ROOT

REFERENCE = ROOT / "docs" / "reference"


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_would_be_written_today(name: str) -> None:
    assert page(name) == PAGES[name](), "run: python -m server.reference"


def test_every_command_event_and_code_is_in_the_protocol_page() -> None:
    text = page("protocol.md")
    for op in COMMANDS:
        assert f"\n### `{op}`" in text
    for name in EVENTS:
        assert f"\n| `{name}` | `{{" in text
    for code in [*ErrorCode, *(str(close.value) for close in CloseCode)]:
        assert f"\n| `{code}` |" in text or f"\n| {code} |" in text


def test_every_setting_is_in_its_page_under_both_names() -> None:
    text = page("settings.md")
    for name in Settings.__struct_fields__:
        flag = "none: a secret" if name in SECRETS else f"`{flag_name(name)}`"
        assert f"| `{environ_name(name)}` | {flag} |" in text


def test_every_endpoint_is_in_the_http_page() -> None:
    text = page("http.md")
    for endpoint in ENDPOINTS:
        assert f"\n### `{endpoint.method} /v1{endpoint.path}`" in text


def test_no_flag_of_a_command_is_lost_with_the_settings() -> None:
    text = page("cli.md")
    for flag in ("--room", "--role", "--user-id", "--product", "--units", "--restock-id"):
        assert f"\n  {flag} " in text
    assert "--redis-url" not in text


def key_names() -> set[str]:
    """The keys that the code names, by its constants and by its literals."""
    literal = re.compile(r'room_key\(\w+(?:\.\w+)?, "(\w+)"\)')
    sources = "".join(path.read_text() for path in (ROOT / "inventory").rglob("*.py"))
    named = {*SCRIPT_KEYS, *literal.findall(sources)}
    return {room_key("room_id", name) for name in named} | set(keys_of_rooms())


def keys_of_rooms() -> Iterator[str]:
    """What each function of rooms/redis_broker/keys.py makes of the names of its arguments."""
    for name, function in inspect.getmembers(room_keys, inspect.isfunction):
        arguments = list(inspect.signature(function).parameters)
        if arguments[0] == "room_id" and not name.startswith("_"):
            rest = [f"{{{argument}}}" for argument in arguments[1:]]
            yield function("room_id", *rest)


def test_every_redis_key_is_in_its_page_and_nothing_else() -> None:
    described = set(re.findall(r"^\| `(kaibo:[^`]+)` \|", page("redis-keys.md"), re.MULTILINE))
    of_all_rooms = {verdicts.KEY, "kaibo:lease:jobs"}
    assert described == key_names() | of_all_rooms


def test_a_code_without_words_is_refused() -> None:
    with pytest.raises(Incomplete, match="NEW_CODE"):
        require_same("ERRORS", {"SOLD_OUT"}, {"SOLD_OUT", "NEW_CODE"})
    with pytest.raises(Incomplete, match="nonsense"):
        filled("http.md", {"nonsense": ""})
