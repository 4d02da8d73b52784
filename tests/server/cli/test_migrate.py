"""`kaibo migrate`, and a whole server on PostgreSQL that sells, is killed and audits clean."""

import asyncio
import sqlite3
import time
from pathlib import Path

import httpx

from inventory.ledger.schema import revisions
from tests.harness import LiveServer, kaibo, new_id, one, open_room
from tests.postgres import PostgresServer

DEADLINE_S = 15.0


def test_a_file_is_made_before_the_first_start_and_is_then_up_to_date(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    first = kaibo(data_dir, "migrate")
    assert (first.returncode, first.stderr) == (0, "")
    assert f"done: {', '.join(revisions())}" in first.stdout
    with sqlite3.connect(data_dir / "kaibo.db") as connection:
        assert connection.execute("SELECT COUNT(*) FROM orders").fetchone() == (0,)
    again = kaibo(data_dir, "migrate")
    assert (again.returncode, again.stdout) == (0, "The database is up to date; nothing was done\n")


def test_a_server_names_the_command_that_postgresql_needs(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    url = postgres.new_database(template="template0")
    for command in ("serve", "demo", "audit"):
        refused = kaibo(tmp_path, command, "--database-url", url, "--redis-url", "")
        assert refused.returncode != 0
        assert "Traceback" not in refused.stderr
    refused = kaibo(tmp_path, "serve", "--port", "0", "--database-url", url)
    assert "run `kaibo migrate`" in refused.stderr
    assert kaibo(tmp_path, "migrate", "--database-url", url).returncode == 0
    postgres.drop(url)


async def is_paid(url: str, token: str) -> None:
    """Asks for an order until SQL has heard that it is paid."""
    deadline = time.monotonic() + DEADLINE_S
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as browser:
        while (order := (await browser.get(url)).json())["order"]["state"] != "paid":
            assert time.monotonic() < deadline, order
            await asyncio.sleep(0.02)


async def test_a_server_on_postgresql_sells_is_killed_and_audits_clean(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    url = postgres.new_database(template="template0")
    assert kaibo(tmp_path / "data", "migrate", "--database-url", url).returncode == 0
    server = LiveServer(tmp_path / "data", KAIBO_DATABASE_URL=url)
    server.start()
    try:
        room = await open_room(server, units=3)
        token, hold_id = await server.guest(room), new_id()
        async with server.client(room, token) as ann:
            await ann.ask("reserve", reservation_id=hold_id, lines=one("flash"))
            page = await ann.ask("pay", reservation_id=hold_id)
            async with httpx.AsyncClient() as browser:
                await browser.post(f"{page['pay_url']}/pay")
            await ann.event("hold", where=lambda body: body["hold"]["state"] == "paid")
        server.kill()
        server.start()
        await is_paid(f"{server.url}/v1/rooms/{room}/orders/{hold_id}", token)
        audit = server.kaibo("audit")
        assert audit.returncode == 0, audit.stdout + audit.stderr
        assert f"room {room}" in audit.stdout
    finally:
        assert server.stop() == 0
        postgres.drop(url)
