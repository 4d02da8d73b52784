"""From the pay page to the order by real webhooks, and webhooks that are not believed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from inventory.payments.sandbox.deliveries import SIGNATURE_HEADER
from inventory.payments.sandbox.records import WebhookBody
from inventory.payments.signature import sign
from server.settings import Settings
from server.tokens import load_secret, purpose_key
from tests.harness import LiveServer, new_id
from tests.server.http.api import Api


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await condition():
            await asyncio.sleep(0.02)


async def order_of(room: Api, token: str, reservation_id: str) -> Any:
    response = await room.ask("GET", f"/orders/{reservation_id}", token=token)
    return response.json()["order"]


async def start_paying(room: Api, token: str, reservation_id: str) -> str:
    response = await room.ask("POST", f"/reservations/{reservation_id}/pay", token=token)
    assert response.status_code == 200, response.text
    return str(response.json()["pay_url"])


async def test_paid_checkout_becomes_an_order(room: Api) -> None:
    buyer = room.token()
    reservation_id = (await room.reserve(buyer))["hold"]["reservation_id"]
    url = await start_paying(room, buyer, reservation_id)
    assert await start_paying(room, buyer, reservation_id) == url, "the same open checkout"
    page = await room.client.get(url)
    assert "19.90" in page.text
    assert 'data-testid="sandbox-hold"' in page.text, "how long there is to pay"
    returned = await room.client.post(f"{url}/pay")
    assert returned.status_code == 303
    back_to = f"/r/{room.room_id}?order={reservation_id}&payment=paid"
    assert returned.headers["location"].endswith(back_to)

    async def is_paid() -> bool:
        return bool((await order_of(room, buyer, reservation_id))["state"] == "paid")

    await until(is_paid)
    assert await room.stock() == (2, 0, 1)

    async def is_listed() -> bool:
        orders = (await room.ask("GET", "/orders", token=buyer)).json()["orders"]
        return [(it["reservation_id"], it["state"]) for it in orders] == [(reservation_id, "paid")]

    await until(is_listed)


async def test_declined_checkout_leaves_the_hold_to_try_again(room: Api) -> None:
    buyer = room.token()
    reservation_id = (await room.reserve(buyer))["hold"]["reservation_id"]
    first = await start_paying(room, buyer, reservation_id)
    await room.client.post(f"{first}/decline")
    assert await start_paying(room, buyer, reservation_id) != first
    assert (await order_of(room, buyer, reservation_id))["state"] == "held"


async def test_orders_are_shown_to_their_buyer_and_to_hosts_only(room: Api) -> None:
    buyer, stranger = room.token(), room.token()
    reservation_id = (await room.reserve(buyer))["hold"]["reservation_id"]
    path = f"/orders/{reservation_id}"
    assert (await room.ask("GET", path, token=buyer)).status_code == 200
    assert (await room.ask("GET", path)).status_code == 200, "the host"
    hidden = await room.ask("GET", path, token=stranger)
    absent = await room.ask("GET", f"/orders/{new_id()}", token=stranger)
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json()["code"] == absent.json()["code"] == "UNKNOWN_HOLD"

    async def host_sees_it() -> bool:
        orders = (await room.ask("GET", "/orders?all=true")).json()["orders"]
        return [it["reservation_id"] for it in orders] == [reservation_id]

    await until(host_sees_it)
    nothing = {"orders": [], "currency": "CNY", "refunds": [], "paid_count": 0, "paid_cents": 0}
    assert (await room.ask("GET", "/orders", token=stranger)).json() == nothing
    hidden = await room.ask("GET", f"/orders?before={reservation_id}", token=stranger)
    assert hidden.json()["code"] == "UNKNOWN_HOLD", "another buyer's order tells nothing"
    refused = await room.ask("GET", "/orders?all=true", token=buyer)
    assert refused.json()["code"] == "FORBIDDEN"
    unclear = await room.ask("GET", "/orders?all=perhaps", token=buyer)
    assert unclear.json()["code"] == "BAD_FIELD"


async def test_totals_are_of_all_orders_though_a_page_is_of_500(api: Api) -> None:
    await api.open(units=600, per_buyer_max=99)
    first = (await api.reserve(api.token()))["hold"]["reservation_id"]
    assert (await send(api, webhook(api, first))).status_code == 200
    buyers = [api.token() for _ in range(7)]
    await asyncio.gather(*(api.reserve(buyers[number % 7]) for number in range(502)))

    async def orders(query: str = "") -> Any:
        return (await api.ask("GET", f"/orders?all=true{query}")).json()

    async def second_page_is_full() -> bool:
        oldest = (await orders())["orders"][-1]["reservation_id"]
        return len((await orders(f"&before={oldest}"))["orders"]) == 3

    await until(second_page_is_full)
    page = await orders()
    assert len(page["orders"]) == 500
    assert first not in [it["reservation_id"] for it in page["orders"]]
    assert (page["paid_count"], page["paid_cents"]) == (1, 1990)
    unknown = await api.ask("GET", f"/orders?all=true&before={new_id()}")
    assert unknown.json()["code"] == "UNKNOWN_HOLD"


def webhook(room: Api, hold_id: str, **changes: object) -> bytes:
    body = WebhookBody(
        event_id=f"evt_{new_id()}",
        kind="paid",
        payment_id=f"pay_{new_id()}",
        checkout_id="co_test",
        room_id=room.room_id,
        hold_id=hold_id,
        amount_cents=1990,
        currency="CNY",
        created_at_ms=time.time_ns() // 1_000_000,
    )
    return msgspec.json.encode(msgspec.structs.replace(body, **changes))


async def send(
    room: Api, body: bytes, *, age_s: int = 0, secret: bytes | None = None
) -> httpx.Response:
    if secret is None:
        secret = purpose_key(load_secret(Settings(data_dir=str(room.server.data_dir))), "sandbox")
    signed = sign(secret, body, time.time_ns() // 1_000_000 - age_s * 1000)
    return await room.client.post(
        "/v1/webhooks/sandbox", content=body, headers={SIGNATURE_HEADER: signed}
    )


async def test_webhook_delivered_twice_pays_once(room: Api) -> None:
    buyer = room.token()
    reservation_id = (await room.reserve(buyer))["hold"]["reservation_id"]
    body = webhook(room, reservation_id)
    for _ in range(2):
        answer = await send(room, body)
        assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert (await order_of(room, buyer, reservation_id))["state"] == "paid"
    assert await room.stock() == (2, 0, 1)


async def test_payment_for_an_unknown_reservation_is_taken_note_of(room: Api) -> None:
    answer = await send(room, webhook(room, new_id()))
    assert answer.status_code == 200
    assert await room.stock() == (3, 0, 0)


@pytest.mark.parametrize("amount_cents", [-1, 2**63])
async def test_an_amount_that_nobody_can_pay_is_refused(room: Api, amount_cents: int) -> None:
    answer = await send(room, webhook(room, new_id(), amount_cents=amount_cents))
    assert answer.status_code == 400, answer.text


async def test_failed_payment_changes_nothing(room: Api) -> None:
    reservation_id = (await room.reserve(room.token()))["hold"]["reservation_id"]
    assert (await send(room, webhook(room, reservation_id, kind="failed"))).status_code == 200
    assert await room.stock() == (2, 1, 0)


@pytest.mark.parametrize("doubt", [{"secret": b"guessed"}, {"age_s": 301}, {"age_s": -301}])
async def test_webhook_that_cannot_be_believed_changes_nothing(
    room: Api, doubt: dict[str, Any]
) -> None:
    reservation_id = (await room.reserve(room.token()))["hold"]["reservation_id"]
    answer = await send(room, webhook(room, reservation_id), **doubt)
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_MESSAGE")
    assert await room.stock() == (2, 1, 0)


async def test_webhook_without_a_signature_is_refused(room: Api) -> None:
    answer = await room.client.post("/v1/webhooks/sandbox", content=webhook(room, new_id()))
    assert answer.status_code == 400
    assert "signature" in answer.json()["detail"]


async def test_webhook_of_another_provider_is_not_found(room: Api) -> None:
    answer = await room.client.post("/v1/webhooks/other", content=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_oversize_webhook_is_refused_unread(room: Api) -> None:
    answer = await send(room, b"x" * 70_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")


async def test_reports_beyond_the_rate_are_told_to_retry_and_unsigned_ones_use_none_of_it(
    tmp_path: Path,
) -> None:
    server = LiveServer(tmp_path / "data", KAIBO_WEBHOOKS_PER_S_MAX="1")
    server.start()
    try:
        async with httpx.AsyncClient(base_url=server.url) as client:
            room = Api(server, client)
            for _ in range(10):
                assert (await send(room, webhook(room, new_id()), secret=b"-")).status_code == 400
            answers = [await send(room, webhook(room, new_id())) for _ in range(20)]
        assert answers[0].status_code == 200, answers[0].text
        late = answers[-1]
        assert (late.status_code, late.json()["code"]) == (429, "RATE_LIMITED"), late.text
        assert int(late.headers["retry-after"]) >= 1
    finally:
        assert server.stop() == 0
