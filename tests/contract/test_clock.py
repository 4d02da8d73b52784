"""Countdowns on two clients agree, however wrong their own clocks are."""

import time

from tests.harness import Client, LiveServer, open_room

AGREE_WITHIN_MS = 50
PINGS = 8


async def offset_ms(client: Client, skew_ms: int) -> float:
    """What a client whose clock is `skew_ms` off adds to it: the best of a few pings, as the
    protocol page says (the shortest round trip errs least)."""

    def clock_ms() -> float:
        return time.time() * 1000 + skew_ms

    best = (float("inf"), 0.0)
    for _ in range(PINGS):
        sent_ms = clock_ms()
        pong = await client.ask("ping", sent_at_ms=int(sent_ms))
        now_ms = clock_ms()
        offset = ((pong["received_at_ms"] - sent_ms) + (pong["replied_at_ms"] - now_ms)) / 2
        best = min(best, (now_ms - sent_ms, offset))
    return best[1]


async def test_two_clients_with_wrong_clocks_count_to_the_same_moment(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server, start=False)
    skews_ms = {"Ann": 0, "Bob": 3_600_000, "Cat": -86_400_000}
    async with live_server.client(room, live_server.token(room, "host")) as host:
        await host.ask("start_sale", sale_id="flash", countdown_s=60)
        starts_at_ms = 0
        left_ms: list[float] = []
        for name, skew_ms in skews_ms.items():
            async with live_server.client(room, await live_server.guest(room, name)) as client:
                sale = client.welcome["sales"][0]
                starts_at_ms = sale["starts_at_ms"]
                offset = await offset_ms(client, skew_ms)
                own_clock_ms = time.time() * 1000 + skew_ms
                left_ms.append(starts_at_ms - (own_clock_ms + offset) + time.time() * 1000)
    # Each added the true time at which it looked, so that all of them look at one moment.
    assert max(left_ms) - min(left_ms) <= AGREE_WITHIN_MS, left_ms
    assert all(abs(each - starts_at_ms) <= AGREE_WITHIN_MS for each in left_ms)
