"""Another program holds SQLite's lock: buyers who pay are told to retry, and reading goes on."""

import asyncio
import sqlite3
from pathlib import Path

import httpx

from tests.harness import LiveServer, new_id, one, open_room

BUYERS = 40  # far more than there are threads
READ_TIMEOUT_S = 3.0  # a write waits 5 s for the lock


async def test_pay_presses_do_not_keep_readers_waiting(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data")
    server.start()
    try:
        room = await open_room(server, units=BUYERS)
        async with httpx.AsyncClient(base_url=f"{server.url}/v1/rooms/{room}", timeout=60) as http:
            pays = [await reserved(http, await server.guest(room)) for _ in range(BUYERS)]
            other = sqlite3.connect(server.data_dir / "kaibo.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            presses = [asyncio.create_task(http.post(path, headers=auth)) for path, auth in pays]
            for path in ("/sales", "/products", "/orders"):
                answer = await asyncio.wait_for(http.get(path, headers=pays[0][1]), READ_TIMEOUT_S)
                assert answer.status_code == 200, answer.text
            refused = {answer.status_code for answer in await asyncio.gather(*presses)}
            assert refused == {503}
            other.execute("ROLLBACK")
            other.close()
            path, auth = pays[0]
            assert (await http.post(path, headers=auth)).status_code == 200
    finally:
        assert server.stop() == 0


async def reserved(http: httpx.AsyncClient, token: str) -> tuple[str, dict[str, str]]:
    """A buyer who holds a unit: where it is paid, and the buyer's header."""
    auth = {"Authorization": f"Bearer {token}"}
    reservation_id = new_id()
    body = {"reservation_id": reservation_id, "lines": one("flash")}
    answer = await http.post("/reservations", json=body, headers=auth)
    assert answer.status_code == 201, answer.text
    return f"/reservations/{reservation_id}/pay", auth
