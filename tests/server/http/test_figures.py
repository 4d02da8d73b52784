"""What the host's wall shows: every sale once, what pages told, and where the ledger stands."""

from typing import Any

from tests.server.http.api import Api
from tests.server.http.test_payments import start_paying, until


async def figures(room: Api, since: int | None = None) -> Any:
    query = "" if since is None else f"?since={since}"
    answer = await room.ask("GET", f"/figures{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def total(told: Any, name: str, product: str | None = None) -> int:
    if product is None:
        return sum(minute[name] for minute in told["minutes"])
    of_product = (it for minute in told["minutes"] for it in minute["products"])
    return sum(it[name] for it in of_product if it["product_id"] == product)


async def buy(room: Api) -> None:
    buyer = room.token()
    hold = (await room.reserve(buyer))["hold"]
    await room.client.post(f"{await start_paying(room, buyer, hold['reservation_id'])}/pay")


async def test_sales_are_counted_once_and_agree_with_the_ledger(api: Api) -> None:
    await api.open(units=5, per_buyer_max=1)
    for _ in range(3):
        await buy(api)
    await api.reserve(api.token())

    async def all_counted() -> bool:
        told = await figures(api)
        in_sql = (await api.ask("GET", "/orders?all=true")).json()["paid_count"]
        return (total(told, "paid"), total(told, "held"), in_sql) == (3, 4, 3)

    await until(all_counted)
    told = await figures(api)
    orders = (await api.ask("GET", "/orders?all=true")).json()
    assert total(told, "paid_cents") == orders["paid_cents"] == 3 * 1990
    assert total(told, "paid", "tea") == 3
    assert total(told, "held", "tea") == 4
    assert [it["kind"] for it in told["marks"]] == ["sale_started"]


async def test_what_viewers_look_at_is_counted_once_for_each(room: Api) -> None:
    for _ in range(2):
        async with room.server.client(room.room_id, room.server.token(room.room_id)) as viewer:
            for _ in range(3):
                await viewer.ask("attention", seen=["tea", "no-such-thing"], clicked=[])
            await viewer.ask("attention", seen=[], clicked=["tea"])
            await viewer.ask("comment", text="hello")
    async with room.server.client(room.room_id, room.host) as host:
        await host.ask("attention", seen=["tea"], clicked=["tea"])
        await host.ask("pin", product_id="tea")

    async def counted() -> bool:
        told = await figures(room)
        return total(told, "comments") == 2

    await until(counted)
    told = await figures(room)
    assert (total(told, "seen", "tea"), total(told, "clicked", "tea")) == (2, 2)
    assert (total(told, "seen"), total(told, "clicked")) == (2, 2)
    assert total(told, "seen", "no-such-thing") == 0
    assert [(it["kind"], it["product_id"]) for it in told["marks"]][-1] == ("pin", "tea")


async def test_who_presses_buy_is_one_who_saw_it_and_may_hold_twice(api: Api) -> None:
    await api.open(units=3, per_buyer_max=2)
    token = api.token()
    async with api.server.client(api.room_id, token) as viewer:
        await viewer.ask("attention", seen=[], clicked=["tea"])
    for _ in range(2):
        await api.reserve(token)

    async def counted() -> bool:
        told = await figures(api)
        return [total(told, it) for it in ("seen", "clicked", "held")] == [1, 1, 2]

    await until(counted)


async def test_the_latest_minutes_can_be_asked_for_alone(room: Api) -> None:
    await room.reserve(room.token())

    async def counted() -> bool:
        return total(await figures(room), "held") == 1

    await until(counted)
    told = await figures(room)
    last = told["minutes"][-1]["minute"]
    assert (await figures(room, since=last))["minutes"][-1] == told["minutes"][-1]
    assert (await figures(room, since=last + 10))["minutes"] == []
    for bad in ("x", "-1", "9" * 30):
        refused = await room.ask("GET", f"/figures?since={bad}")
        assert (refused.status_code, refused.json()["field"]) == (422, "since")


async def test_only_a_host_sees_them(room: Api) -> None:
    for what in ("figures", "health"):
        assert (await room.ask("GET", f"/{what}", token=room.token())).status_code == 403


async def test_the_ledger_catches_up_and_says_so(room: Api) -> None:
    await room.reserve(room.token())

    async def caught_up() -> bool:
        told = (await room.ask("GET", "/health")).json()
        return bool(told["ledger_lag_ms"] == told["parked_entries"] == 0)

    await until(caught_up)
