"""Redis and SQL answer, but a job behind selling cannot do its work: readiness says which."""

import asyncio
import sqlite3
from pathlib import Path

import httpx

from tests.harness import LiveServer, open_room

TOLD_TIMEOUT_S = 40.0  # a job may fail for 10 s, and an attempt takes 5 s


async def test_readiness_names_the_job_that_fails_and_takes_it_back(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data")
    server.start()
    try:
        await open_room(server)
        database = sqlite3.connect(server.data_dir / "kaibo.db", isolation_level=None)
        # SQL still answers every question asked by the health check itself.
        database.execute("ALTER TABLE ledger_positions RENAME TO mislaid")
        told = await ready_parts(server, status=503)
        assert told["ledger"].startswith("no success for")
        assert (told["redis"], told["sql"], told["settler"]) == ("ok", "ok", "ok")
        database.execute("ALTER TABLE mislaid RENAME TO ledger_positions")
        database.close()
        assert set((await ready_parts(server, status=200)).values()) == {"ok"}
    finally:
        assert server.stop() == 0


async def ready_parts(server: LiveServer, status: int) -> dict[str, str]:
    """What readiness says of each part, once it has this status."""
    async with asyncio.timeout(TOLD_TIMEOUT_S), httpx.AsyncClient(base_url=server.url) as client:
        while True:
            answer = await client.get("/health/ready")
            if answer.status_code == status:
                parts: dict[str, str] = answer.json()["parts"]
                return parts
            await asyncio.sleep(0.1)
