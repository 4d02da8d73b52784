"""The `kaibo` command: it explains itself, works beside a server and alone, and says what to do."""

import json
import subprocess
import sys
from pathlib import Path

import jwt
import pytest

from server.settings import Settings, describe, environ_name, flag_name
from tests.harness import REPOSITORY, LiveServer, new_id, one, open_room


def kaibo(data_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "server", *words, "--data-dir", str(data_dir)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["", "demo", "serve", "audit", "token", "sale", "sale start"])
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


def test_every_setting_is_a_flag_with_its_meaning_and_variable() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "serve", "--help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    shown = "".join(done.stdout.split())  # help is wrapped anywhere
    for name in Settings.__struct_fields__:
        for words in (flag_name(name), environ_name(name), describe(name)):
            assert "".join(words.split()) in shown


def test_a_token_names_its_room_and_role(tmp_path: Path) -> None:
    done = kaibo(tmp_path, "token", "--room", "tea", "--role", "host", "--name", "Mei")
    claims = jwt.decode(done.stdout.strip(), options={"verify_signature": False})
    assert (claims["room"], claims["role"], claims["name"]) == ("tea", "host", "Mei")


def test_a_room_that_cannot_be_named_is_refused_with_the_rule(tmp_path: Path) -> None:
    done = kaibo(tmp_path, "token", "--room", "no spaces")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--port", "many"), "KAIBO_PORT (flag --port)"),
        (("--port", "70000"), "<= 65535"),
        (("--token-secret", "short"), "openssl rand"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = kaibo(tmp_path, "serve", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_said(tmp_path: Path, live_server: LiveServer) -> None:
    done = kaibo(tmp_path, "serve", "--port", live_server.url.rsplit(":", 1)[1])
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_server_on_the_same_folder_is_refused(live_server: LiveServer) -> None:
    done = kaibo(live_server.data_dir, "serve", "--port", "0")
    assert done.returncode == 1
    assert str(live_server.pid) in done.stderr


def test_an_empty_shop_passes_its_audit(tmp_path: Path) -> None:
    done = kaibo(tmp_path / "new", "audit")
    assert done.returncode == 0, done.stderr


def test_auditing_a_room_that_does_not_exist_is_an_error(live_server: LiveServer) -> None:
    done = live_server.kaibo("audit", "--room", "nowhere")
    assert done.returncode == 1
    assert "nowhere" in done.stderr


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
