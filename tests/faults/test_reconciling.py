"""A running server audits itself: what is lost is said where operators and hosts look."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx

from tests.faults.test_lost_redis import private_redis
from tests.harness import LiveServer, new_id, one, open_room

DEADLINE_S = 30.0


async def test_a_lost_hold_is_shown_by_health_and_to_the_host(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data", KAIBO_RECONCILE_INTERVAL_S="1")
    server.start()
    try:
        room = await open_room(server)
        async with server.client(room, await server.guest(room)) as ann:
            held = await ann.ask("reserve", reservation_id=new_id(), lines=one("flash"))
            told = await health_until(server, lambda told: bool(told["reconciled"]))
            assert told["reconciled"]["differences"] == {}
            with private_redis(server) as redis:
                redis.hdel(f"kaibo:{{{room}}}:holds", held["hold"]["reservation_id"])
                redis.xadd(f"kaibo:{{{room}}}:outbox", {"kind": "NEWS"})  # the room has moved
            told = await health_until(server, lambda told: bool(told["reconciled"]["differences"]))
            assert told["status"] == "ready"
            assert list(told["reconciled"]["differences"]) == [room]
            assert held["hold"]["reservation_id"] in server.log()
            async with httpx.AsyncClient() as host:
                auth = {"Authorization": f"Bearer {server.token(room, 'host')}"}
                shown = (
                    await host.get(f"{server.url}/v1/rooms/{room}/health", headers=auth)
                ).json()
                told_prometheus = (await host.get(f"{server.url}/metrics")).text
            assert shown["differences"] > 0 and shown["reconciled_at_ms"]
            assert f'kaibo_reconciled_room_differences{{room="{room}"}}' in told_prometheus
            await ann.ask("comment", text="nobody was stopped")
    finally:
        assert server.stop() == 0


async def health_until(server: LiveServer, holds: Any) -> dict[str, Any]:
    deadline = time.monotonic() + DEADLINE_S
    async with httpx.AsyncClient() as client:
        while True:
            told: dict[str, Any] = (await client.get(f"{server.url}/health/ready")).json()
            if holds(told):
                return told
            assert time.monotonic() < deadline, told
            await asyncio.sleep(0.1)
