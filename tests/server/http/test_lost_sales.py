"""A sale that SQL knows and Redis does not is never made anew: its units would be sold again."""

import time

from redis.asyncio import Redis

from tests.server.http.api import Api

TERMS = {"product_id": "tea", "price_cents": 1990, "total_units": 3, "per_buyer_max": 1}
DEADLINE_S = 15.0


async def until_refused(api: Api) -> tuple[str, str]:
    """Takes the sale out of Redis until it is not made anew: SQL hears of it a moment later."""
    redis = Redis(unix_socket_path=str(api.server.data_dir / "redis" / "redis.sock"))
    deadline = time.monotonic() + DEADLINE_S
    async with redis:
        while True:
            assert time.monotonic() < deadline, "a lost sale is still made anew"
            await redis.hdel(f"kaibo:{{{api.room_id}}}:pools", "flash")
            response = await api.ask("PUT", "/sales/flash", TERMS)
            if response.status_code != 200:
                return response.json()["code"], response.json()["detail"]


async def test_a_sale_that_redis_has_lost_is_refused_and_says_what_to_do(room: Api) -> None:
    code, detail = await until_refused(room)
    assert code == "STATE_LOST"
    assert "`kaibo rebuild`" in detail
    assert (await room.ask("GET", "/sales/flash")).json()["code"] == "UNKNOWN_SALE"


async def test_a_room_that_lost_its_sales_keeps_their_currency(room: Api) -> None:
    await until_refused(room)
    response = await room.ask("PUT", "", {"title": "Tea night", "currency": "JPY"})
    assert response.json()["code"] == "BAD_FIELD"
