"""A buyer who does not give up while servers are replaced, and what proves the sale afterwards."""

import asyncio
import contextlib
import sqlite3

import httpx

from tests.harness import Client, LiveServer, Refusal, new_id, one


async def reserve(client: Client, reservation_id: str) -> dict[str, object]:
    """As a client does: after UNAVAILABLE again with the same id."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await client.ask(
                    "reserve", reservation_id=reservation_id, lines=one("flash")
                )
            except Refusal as refusal:
                assert refusal.code == "UNAVAILABLE", refusal
                await asyncio.sleep(0.1)


async def buy(client: Client) -> str:
    reservation_id = new_id()
    await reserve(client, reservation_id)
    page = await client.ask("pay", reservation_id=reservation_id)
    async with httpx.AsyncClient() as browser:
        await browser.post(f"{page['pay_url']}/pay")
    await until_paid(client, reservation_id)
    return reservation_id


async def until_paid(client: Client, reservation_id: str) -> None:
    """Asks: the event that says so is told once, and is lost with a connection to Redis."""
    async with asyncio.timeout(30):
        while True:
            orders = (await client.ask("holds"))["holds"]
            if {"paid"} == {
                each["state"] for each in orders if each["reservation_id"] == reservation_id
            }:
                return
            await asyncio.sleep(0.1)


def audited(server: LiveServer, *words: str) -> str:
    audit = server.kaibo("audit", *words)
    assert audit.returncode == 0, audit.stdout + audit.stderr
    return audit.stdout


async def is_in_sql(server: LiveServer, reservation_id: str) -> None:
    """Waits until the ledger has the order as paid."""
    async with asyncio.timeout(20):
        with contextlib.closing(sqlite3.connect(server.data_dir / "kaibo.db")) as sql:
            while True:
                query = "SELECT state FROM orders WHERE hold_id = ?"
                if sql.execute(query, (reservation_id,)).fetchone() == ("paid",):
                    return
                await asyncio.sleep(0.05)
