"""What a host's wall shows is the same whichever of two servers counted, and sold, and is asked."""

import asyncio
from typing import Any

import httpx

from tests.contract.conftest import Servers
from tests.harness import LiveServer, new_id, one, open_room

BUYERS = 6


async def figures(server: LiveServer, room: str) -> Any:
    headers = {"Authorization": f"Bearer {server.token(room, 'host')}"}
    async with httpx.AsyncClient(headers=headers) as host:
        answer = await host.get(f"{server.url}/v1/rooms/{room}/figures")
    answer.raise_for_status()
    return answer.json()


def total(told: Any, name: str) -> int:
    return sum(minute[name] for minute in told["minutes"])


async def test_two_servers_count_each_sale_and_each_look_once(servers: Servers) -> None:
    room = await open_room(servers.one, units=BUYERS)
    for number in range(BUYERS):
        server = servers[number % 2]
        async with server.client(room, server.token(room)) as viewer:
            await viewer.ask("attention", seen=["tea"], clicked=["tea"])
            await viewer.ask("reserve", reservation_id=new_id(), lines=one("flash"))
    async with asyncio.timeout(10):
        while total(told := await figures(servers.two, room), "held") < BUYERS or (
            total(told, "clicked") < BUYERS
        ):
            await asyncio.sleep(0.05)
    assert [total(told, name) for name in ("seen", "clicked", "held")] == [BUYERS] * 3
    mirrored = await figures(servers.one, room)
    assert mirrored["minutes"] == told["minutes"]
    assert mirrored["marks"] == told["marks"]
