"""Tokens work in one room, for one role, until they expire, and only as they were signed."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import msgspec
import pytest

from server.settings import Settings, SettingsError
from server.tokens import BadToken, Caller, Tokens, WrongRoom, load_secret, purpose_key

SECRET = b"k" * 32
NOW_S = 1_800_000_000
VIEWER = Caller("g-1", "林 Lin", "viewer", "tea")
HOST = Caller("host-1", "Mei", "host", "tea")


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(SECRET, guest_lifetime_s=600, host_lifetime_s=60)


@pytest.mark.parametrize("caller", [VIEWER, HOST])
def test_token_says_who_was_named_in_it(tokens: Tokens, caller: Caller) -> None:
    token, _ = tokens.issue(caller, NOW_S)
    assert tokens.read(token, "tea", NOW_S) == caller


@pytest.mark.parametrize(("caller", "lifetime_s"), [(VIEWER, 600), (HOST, 60)])
def test_token_works_until_the_second_it_expires(
    tokens: Tokens, caller: Caller, lifetime_s: int
) -> None:
    token, expires_at_ms = tokens.issue(caller, NOW_S)
    assert expires_at_ms == (NOW_S + lifetime_s) * 1000
    assert tokens.read(token, "tea", NOW_S + lifetime_s - 1) == caller
    with pytest.raises(BadToken, match="expired: ask for a new one"):
        tokens.read(token, "tea", NOW_S + lifetime_s)


@pytest.mark.parametrize("absent", [None, ""])
def test_absent_token_is_asked_for(tokens: Tokens, absent: str | None) -> None:
    with pytest.raises(BadToken, match="token is required"):
        tokens.read(absent, "tea", NOW_S)


def test_token_of_another_room_is_refused(tokens: Tokens) -> None:
    token, _ = tokens.issue(HOST, NOW_S)
    with pytest.raises(WrongRoom):
        tokens.read(token, "coffee", NOW_S)


def test_token_of_another_secret_is_refused(tokens: Tokens) -> None:
    token, _ = Tokens(b"x" * 32, 600, 60).issue(VIEWER, NOW_S)
    with pytest.raises(BadToken, match="not signed by this server"):
        tokens.read(token, "tea", NOW_S)


def test_viewer_who_rewrites_the_role_is_refused(tokens: Tokens) -> None:
    head, body, signature = tokens.issue(VIEWER, NOW_S)[0].split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"role": "host"}).encode()).rstrip(b"=")
    with pytest.raises(BadToken, match="not signed by this server"):
        tokens.read(f"{head}.{forged.decode()}.{signature}", "tea", NOW_S)


@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_only_the_one_algorithm_is_believed(tokens: Tokens, algorithm: str) -> None:
    claims = jwt.decode(tokens.issue(HOST, NOW_S)[0], options={"verify_signature": False})
    key = None if algorithm == "none" else SECRET * 2
    with pytest.raises(BadToken):
        tokens.read(jwt.encode(claims, key, algorithm=algorithm), "tea", NOW_S)


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "other"},
        {"role": "owner"},
        {"sub": "not an id"},
        {"exp": "9999999999"},
        {"exp": None},
        {"room": None},
        {"name": None},
        {"aud": None},
    ],
)
def test_signed_claims_that_we_would_not_write_are_refused(
    tokens: Tokens, change: dict[str, object]
) -> None:
    claims = jwt.decode(tokens.issue(HOST, NOW_S)[0], options={"verify_signature": False})
    changed = {name: value for name, value in (claims | change).items() if value is not None}
    with pytest.raises(BadToken, match="cannot be read"):
        tokens.read(jwt.encode(changed, SECRET, algorithm="HS256"), "tea", NOW_S)


@pytest.mark.parametrize("garbage", ["x", "a.b.c", "é.é.é", "." * 2000, "eyJ" * 999])
def test_garbage_is_refused_in_plain_words(tokens: Tokens, garbage: str) -> None:
    with pytest.raises(BadToken, match="cannot be read"):
        tokens.read(garbage, "tea", NOW_S)


def test_token_that_could_not_be_read_back_is_never_issued(tokens: Tokens) -> None:
    with pytest.raises(msgspec.ValidationError):
        tokens.issue(Caller("g-1", "n" * 25, "viewer", "tea"), NOW_S)


def test_secret_is_made_once_whole_and_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path / "data"))
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: load_secret(settings), range(32)))
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 32
    path = tmp_path / "data" / "secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_secret_from_the_settings_wins_and_must_be_long(tmp_path: Path) -> None:
    given = "s" * 32
    assert load_secret(Settings(data_dir=str(tmp_path), token_secret=given)) == given.encode()
    with pytest.raises(SettingsError, match="KAIBO_TOKEN_SECRET is 5 bytes"):
        load_secret(Settings(data_dir=str(tmp_path), token_secret="short"))
    assert not (tmp_path / "secret").exists()


def test_damaged_secret_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("cut")
    with pytest.raises(SettingsError, match=str(tmp_path / "secret")):
        load_secret(Settings(data_dir=str(tmp_path)))


def test_each_purpose_has_its_own_key() -> None:
    keys = {purpose_key(SECRET, "sandbox"), purpose_key(SECRET, "receipts"), SECRET}
    assert len(keys) == 3


def test_an_assistant_s_token_is_a_viewer_s(tokens: Tokens) -> None:
    assistant = Caller("g-1", "Lin", "assistant", "tea")
    token, _ = tokens.issue(assistant, NOW_S)
    assert tokens.read(token, "tea", NOW_S).role == "viewer"
