"""The `kaibo` command: it explains itself, works beside a server and alone, and says what to do."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import jwt
import pytest

from server.embedded.redis import attach
from server.reference.cli import help_of
from server.settings import SECRETS, Settings, describe, environ_name, flag_name
from tests.harness import REPOSITORY, LiveServer, kaibo, new_id, one, open_room

COMMANDS = (
    "",
    "demo",
    "serve",
    "audit",
    "rebuild",
    "reconcile",
    "migrate",
    "token",
    "sale",
    "sale start",
    "capacity",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", *command.split(), "--help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "usage: kaibo" in done.stdout
    assert len(done.stdout) > 200


def test_the_version_is_the_installed_packages() -> None:
    command = [sys.executable, "-m", "server", "--version"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    declared = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    assert done.stdout == f"kaibo {declared}\n"


def test_every_setting_is_a_flag_with_its_meaning_and_variable() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "serve", "--help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    shown = "".join(done.stdout.split())  # help is wrapped anywhere
    assert not [name for name in SECRETS if flag_name(name) in shown]
    for name in set(Settings.__struct_fields__) - SECRETS:
        for words in (flag_name(name), environ_name(name), describe(name)):
            assert "".join(words.split()) in shown


def test_a_token_names_its_room_and_role(tmp_path: Path) -> None:
    words = ("token", "--room", "tea", "--role", "host", "--name", "Mei")
    done = kaibo(tmp_path, *words, "--public-url", "https://shop.test/")
    token = done.stdout.strip()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["room"], claims["role"], claims["name"]) == ("tea", "host", "Mei")
    assert f"https://shop.test/host/tea#token={token}" in done.stderr


def test_a_new_signing_key_is_said_once(tmp_path: Path) -> None:
    first, second = (kaibo(tmp_path, "token", "--room", "tea") for _ in range(2))
    assert f"a new signing key was made: {tmp_path / 'secret'}" in first.stderr
    assert second.stderr == ""


def test_a_room_that_cannot_be_named_is_refused_with_the_rule(tmp_path: Path) -> None:
    done = kaibo(tmp_path, "token", "--room", "no spaces")
    assert done.returncode == 2
    assert "argument --room: must be 1 to 64 letters" in done.stderr
    assert "digits, - and _" in done.stderr and "got 'no spaces'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--durability", "forever"), "KAIBO_DURABILITY"),
        (("--public-url", "foo"), "http://"),
        (("--redis-url", "nonsense"), "KAIBO_REDIS_URL"),
        (("--redis-url", "redis://127.0.0.1:1"), "KAIBO_REDIS_URL"),
        (("--database-url", "mysql://x/y"), "mysql is not supported"),
        (("--database-url", "postgresql://x:word@127.0.0.1:1/y"), "KAIBO_DATABASE_URL"),
        (("--database-url", "postgresql://x:word@127.0.0.1:1/y"), "accepting TCP/IP connections?)"),
        (("--database-url", "sqlite+nonsense://x"), "KAIBO_DATABASE_URL"),
        (("--database-url", "sqlite:////no/such/folder/x.db"), "KAIBO_DATABASE_URL"),
        (("--port", "many"), "KAIBO_PORT (flag --port)"),
        (("--port", "70000"), "must be a whole number from 0 to 65535; got '70000'"),
        (("--workers", "1.5"), "must be a whole number of at least 1; got '1.5'"),
        (("--durability", "forever"), "must be fsync, memory or replica; got 'forever'"),
        (("--token-secret", "short"), "openssl rand"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = kaibo(tmp_path, "serve", "--port", "0", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_said(tmp_path: Path, live_server: LiveServer) -> None:
    port = live_server.url.rsplit(":", 1)[1]
    done = kaibo(tmp_path, "serve", "--port", port)
    assert done.returncode == 1
    for words in ("127.0.0.1", port, "in use", "choose another with --port", "KAIBO_PORT=9000"):
        assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_a_host_that_is_not_here_is_said(tmp_path: Path, host: str) -> None:
    done = kaibo(tmp_path, "serve", "--port", "0", "--host", host)
    assert done.returncode == 1
    assert host in done.stderr and "--host" in done.stderr and "KAIBO_HOST=" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_server_on_the_same_folder_is_refused(live_server: LiveServer) -> None:
    same_port = live_server.url.rsplit(":", 1)[1]  # whose folder it is comes first
    done = kaibo(live_server.data_dir, "serve", "--port", same_port)
    assert done.returncode == 1
    for words in (f"pid {live_server.pid}", "--data-dir", "KAIBO_DATA_DIR="):
        assert words in done.stderr


async def test_a_folder_is_one_servers_also_with_a_redis_of_its_own_choice(
    live_server: LiveServer, tmp_path: Path
) -> None:
    redis_url = await attach(live_server.data_dir)
    assert redis_url
    words = ("serve", "--redis-url", redis_url, "--port", "0")
    other = LiveServer(tmp_path / "data", KAIBO_REDIS_URL=redis_url)
    other.start()
    try:
        done = kaibo(other.data_dir, *words)
        assert done.returncode == 1
        assert f"pid {other.pid}" in done.stderr
    finally:
        assert other.stop() == 0


def test_the_data_folder_is_its_owners_only(tmp_path: Path) -> None:
    assert kaibo(tmp_path / "data", "token", "--room", "tea").returncode == 0
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_shop_whose_server_has_stopped_passes_its_audit(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data")
    server.start()
    assert server.stop() == 0
    done = kaibo(server.data_dir, "audit")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("audit",),
        ("sale", "list", "--room", "tea"),
        ("sale", "end", "--room", "tea", "--sale", "flash"),
    ],
)
def test_where_no_server_has_run_is_no_empty_shop(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = kaibo(tmp_path / "mistyped", *words)
    assert done.returncode == 2
    assert f"nothing is at {tmp_path / 'mistyped'}" in done.stderr
    assert not (tmp_path / "mistyped").exists()


@pytest.mark.parametrize("words", [("audit",), ("sale", "list")])
def test_asking_about_a_room_that_does_not_exist_is_an_error(
    live_server: LiveServer, words: tuple[str, ...]
) -> None:
    done = live_server.kaibo(*words, "--room", "nowhere")
    assert done.returncode == 1
    assert "there is no room nowhere" in done.stderr
    assert not done.stdout


async def test_a_sale_is_run_from_the_command_line_while_viewers_watch(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server, start=False)
    of_night = ("--room", room, "--sale", "night")
    terms = ("--product", "tea", "--price-cents", "900", "--units", "5")
    async with live_server.client(room, await live_server.guest(room)) as ann:
        created = live_server.kaibo("sale", "create", *of_night, *terms)
        assert json.loads(created.stdout)["sale"]["available"] == 5
        assert live_server.kaibo("sale", "start", *of_night, "--countdown-s", "0").returncode == 0
        await ann.event("sale", where=lambda body: body["sale"]["starts_at_ms"] is not None)
        await ann.ask("reserve", reservation_id=new_id(), lines=one("night"))
        assert live_server.kaibo("sale", "restock", *of_night, "--units", "-5").returncode == 1
        assert live_server.kaibo("sale", "restock", *of_night, "--units", "3").returncode == 0
        listed = live_server.kaibo("sale", "list", "--room", room).stdout.splitlines()
        assert [row.split() for row in listed if row.startswith("night")] == [
            ["night", "tea", "8", "7", "1", "0"]
        ]
        assert live_server.kaibo("sale", "end", *of_night).returncode == 0
        await ann.event("sale", where=lambda body: (body["sale"]["ends_at_ms"] or 0) > 0)


def test_a_sale_command_for_a_room_that_does_not_exist_is_an_error(
    live_server: LiveServer,
) -> None:
    done = live_server.kaibo("sale", "start", "--room", "nowhere", "--sale", "x")
    assert done.returncode == 1
    assert "UNKNOWN_ROOM" in done.stderr


OF_FLASH = ("--room", "tea", "--sale", "flash")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("start", "--room", "tea", "--sale", "no spaces"),
            "argument --sale: must be 1 to 64 letters",
        ),
        (
            ("start", *OF_FLASH, "--countdown-s", "-1"),
            "argument --countdown-s: must be a whole number from 0 to 300; got '-1'",
        ),
        (
            ("start", *OF_FLASH, "--duration-s", "x"),
            "argument --duration-s: must be a whole number",
        ),
        (("restock", *OF_FLASH, "--units", "0"), "argument --units"),
        (
            ("restock", *OF_FLASH, "--units", "1", "--restock-id", "1"),
            "argument --restock-id: must be a UUIDv7",
        ),
    ],
)
def test_a_flag_that_cannot_be_used_is_named_and_not_drowned(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = kaibo(tmp_path / "nowhere", "sale", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "[SETTINGS]" in done.stderr and "--redis-url" not in done.stderr


def test_every_flag_of_a_sale_has_a_meaning() -> None:
    for act in ("create", "start", "end", "restock", "list"):
        text = help_of(["sale", act]).partition("settings:")[0].partition("options:")[2]
        flags = re.findall(r"^  (--\S+).*(?:\n {3,}.*)*", text, re.MULTILINE)
        told = re.findall(r"^  --\S+(?: [A-Z0-9]+)? +\w+", text, re.MULTILINE)
        assert len(told) == len(flags) > 0, text
