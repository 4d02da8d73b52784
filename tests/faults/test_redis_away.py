"""Redis dies under a live server: rooms stay open, purchases are refused, nothing is lost."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.harness import Client, LiveServer, Refusal, new_id, one, open_room


def redis_pid(server: LiveServer) -> int:
    return int((server.data_dir / "redis" / "redis-server.pid").read_text().split()[0])


async def reserve_again_and_again(client: Client, reservation_id: str) -> dict[str, object]:
    """As a client does after UNAVAILABLE: wait as told, retry with the same id."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await client.ask(
                    "reserve", reservation_id=reservation_id, lines=one("flash")
                )
            except Refusal as refusal:
                assert refusal.code == "UNAVAILABLE", refusal
                assert refusal.body["retry_after_ms"] > 0
                await asyncio.sleep(0.1)


async def test_a_redis_killed_under_load_comes_back_with_every_hold(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data")
    server.start()
    try:
        room = await open_room(server, units=5)
        async with (
            server.client(room, await server.guest(room)) as ann,
            server.client(room, await server.guest(room, "Bob")) as bob,
        ):
            first, second = new_id(), new_id()
            await ann.ask("reserve", reservation_id=first, lines=one("flash"))
            os.kill(redis_pid(server), signal.SIGKILL)
            await reserve_again_and_again(bob, second)
            again = await ann.ask("reserve", reservation_id=first, lines=one("flash"))
            assert (again["replayed"], again["hold"]["state"]) == (True, "held")
            await ann.ask("comment", text="still here")
            heard = await bob.event("comment")
            assert heard["comment"]["text"] == "still here"
        audit = server.kaibo("audit")
        assert audit.returncode == 0, audit.stdout
    finally:
        assert server.stop() == 0


async def test_a_frozen_redis_refuses_purchases_and_says_when_to_retry(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data")
    server.start()
    pid = 0
    try:
        room = await open_room(server, units=5)
        async with server.client(room, await server.guest(room)) as ann:
            pid = redis_pid(server)
            os.kill(pid, signal.SIGSTOP)
            mine = new_id()
            with pytest.raises(Refusal, match="UNAVAILABLE"):
                await ann.ask("reserve", reservation_id=mine, lines=one("flash"))
            os.kill(pid, signal.SIGCONT)
            held = await reserve_again_and_again(ann, mine)
            assert held["hold"]["reservation_id"] == mine  # type: ignore[index]
        assert server.kaibo("audit").returncode == 0
    finally:
        if pid:
            os.kill(pid, signal.SIGCONT)
        assert server.stop() == 0
