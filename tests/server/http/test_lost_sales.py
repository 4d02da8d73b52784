"""A sale that SQL knows and Redis does not is never made anew: its units would be sold again."""

import time

from redis.asyncio import Redis

from tests.harness import new_id
from tests.server.http.api import Api
from tests.server.http.test_payments import order_of, until
from tests.server.http.test_refunds import paid_order

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


async def lose(api: Api) -> None:
    """All that Redis has of the room's sales, once SQL has heard of it: an audit sees to that."""
    assert api.server.kaibo("audit", "--room", api.room_id).returncode == 0
    async with Redis(unix_socket_path=str(api.server.data_dir / "redis" / "redis.sock")) as redis:
        for name in ("pools", "holds", "buyers", "deadlines"):
            await redis.delete(f"kaibo:{{{api.room_id}}}:{name}")


async def test_what_is_lost_is_never_told_as_unknown(room: Api) -> None:
    buyer = room.token()
    reservation_id = (await room.reserve(buyer))["hold"]["reservation_id"]
    await lose(room)
    path = f"/reservations/{reservation_id}"
    for tried in (
        await room.ask("POST", f"{path}/pay", {}, token=buyer),
        await room.ask("POST", f"{path}/cancel", {}, token=buyer),
        await room.ask("POST", "/sales/flash/end", {}),
        await room.ask("POST", "/sales/flash/restock", {"restock_id": new_id(), "units": 1}),
    ):
        assert tried.json()["code"] == "STATE_LOST", tried.text


async def test_a_refund_of_a_lost_order_waits_until_it_is_restored(room: Api) -> None:
    buyer = room.token()
    reservation_id = await paid_order(room, buyer)
    await lose(room)
    path = f"/reservations/{reservation_id}/refund"
    told = await room.ask("POST", path, {"restock": True})
    assert told.json()["code"] == "STATE_LOST", told.text
    rebuilt = room.server.kaibo("rebuild", "--room", room.room_id)
    assert rebuilt.returncode == 0, rebuilt.stdout
    assert (await room.ask("POST", path, {"restock": True})).status_code == 200

    async def is_refunded() -> bool:
        return bool((await order_of(room, buyer, reservation_id))["state"] == "refunded")

    await until(is_refunded)
    assert await room.stock() == (3, 0, 0)
