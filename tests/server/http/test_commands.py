"""The commands over HTTP: a sale by hand, and each refusal of the socket's under its status."""

import asyncio
import uuid
from typing import Any

import httpx
import pytest

from tests.harness import new_id, one
from tests.server.http.api import Api


def code_of(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["code"]


async def test_host_opens_a_room_and_sells_in_it(api: Api) -> None:
    put = await api.ask("PUT", "", {"title": "Tea night", "currency": "EUR"})
    assert put.status_code == 200
    assert put.json()["room"]["title"] == "Tea night"
    await api.open()
    assert (await api.ask("PUT", "/pin", {"product_id": "tea"})).json() == {}
    shown = (await api.ask("GET", token=None)).json()
    assert shown["pinned_product_id"] == "tea"
    assert shown["sales"][0]["starts_at_ms"] <= shown["now_ms"]
    ended = await api.ask("POST", "/sales/flash/end")
    assert ended.json()["sale"]["ends_at_ms"] is not None
    again = await api.ask("POST", "/sales/flash/end")
    assert code_of(again) == (409, "ENDED")


async def test_buyer_reserves_and_cancels(room: Api) -> None:
    buyer = room.token()
    reserved = await room.reserve(buyer)
    assert reserved["replayed"] is False
    assert reserved["hold"]["amount_cents"] == 1990
    assert await room.stock() == (2, 1, 0)
    path = f"/reservations/{reserved['hold']['reservation_id']}/cancel"
    cancelled = await room.ask("POST", path, token=buyer)
    assert cancelled.json()["hold"]["state"] == "cancelled"
    assert await room.stock() == (3, 0, 0)


async def test_same_reservation_twice_is_one_reservation(room: Api) -> None:
    buyer, reservation_id = room.token(), new_id()
    first = await room.reserve(buyer, reservation_id)
    second = await room.reserve(buyer, reservation_id)
    assert second["replayed"] is True
    assert second["hold"] == first["hold"]
    assert await room.stock() == (2, 1, 0)


async def test_same_id_with_other_content_is_refused(room: Api) -> None:
    buyer, reservation_id = room.token(), new_id()
    await room.reserve(buyer, reservation_id)
    body = {"reservation_id": reservation_id, "lines": one("flash", 2)}
    refused = await room.ask("POST", "/reservations", body, token=buyer)
    assert code_of(refused) == (422, "KEY_REUSED")


async def test_unit_after_the_last_is_refused(room: Api) -> None:
    body = {"lines": one("flash")}
    answers = await asyncio.gather(
        *(
            room.ask("POST", "/reservations", {**body, "reservation_id": new_id()}, token=buyer)
            for buyer in [room.token() for _ in range(8)]
        )
    )
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len(refused) == 5
    assert {code_of(answer) for answer in refused} == {(409, "SOLD_OUT")}
    assert await room.stock() == (0, 3, 0)


async def test_buyer_over_the_limit_is_refused(room: Api) -> None:
    buyer = room.token()
    await room.reserve(buyer)
    body = {"reservation_id": new_id(), "lines": one("flash")}
    refused = await room.ask("POST", "/reservations", body, token=buyer)
    assert code_of(refused) == (409, "USER_LIMIT")


async def test_sale_that_has_not_started_says_so(api: Api) -> None:
    await api.open()
    terms = {"product_id": "tea", "price_cents": 1, "total_units": 1}
    await api.ask("PUT", "/sales/later", terms)
    body = {"reservation_id": new_id(), "lines": one("later")}
    refused = await api.ask("POST", "/reservations", body, token=api.token())
    assert code_of(refused) == (409, "NOT_STARTED")


async def test_restock_is_done_once(room: Api) -> None:
    body = {"restock_id": new_id(), "units": 5}
    for _ in range(2):
        response = await room.ask("POST", "/sales/flash/restock", body)
        assert response.json()["sale"]["total"] == 8
    too_deep = {"restock_id": new_id(), "units": -9}
    refused = await room.ask("POST", "/sales/flash/restock", too_deep)
    assert code_of(refused) == (409, "CUT_TOO_DEEP")


RESERVE = "/reservations"


@pytest.mark.parametrize("quantity", [0, -1, 100, 2**53, 2**64, "1", 1.5, True, None])
async def test_quantity_that_is_none_changes_nothing(room: Api, quantity: object) -> None:
    body = {"reservation_id": new_id(), "lines": [{"sale_id": "flash", "quantity": quantity}]}
    refused = await room.ask("POST", RESERVE, body, token=room.token())
    assert code_of(refused) == (422, "BAD_FIELD")
    assert refused.json()["field"] == "$.lines[0].quantity"
    assert await room.stock() == (3, 0, 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lines": one("flash")}, "$.reservation_id"),
        ({"reservation_id": str(uuid.uuid4()), "lines": one("flash")}, "$.reservation_id"),
        ({"reservation_id": new_id()}, "$.lines"),
        ({"reservation_id": new_id(), "lines": []}, "$.lines"),
        ({"reservation_id": new_id(), "lines": "flash"}, "$.lines"),
        ({"reservation_id": new_id(), "lines": one("flash"), "price_cents": 1}, "$.price_cents"),
        ({"reservation_id": new_id(), "lines": [{"sale_id": "../x", "quantity": 1}]}, "$.lines[0]"),
        ([], "$"),
        ("text", "$"),
        (7, "$"),
    ],
)
async def test_field_that_is_wrong_is_named(room: Api, body: object, field: str) -> None:
    refused = await room.ask("POST", RESERVE, body, token=room.token())
    assert code_of(refused) == (422, "BAD_FIELD")
    assert refused.json()["field"].startswith(field)
    assert await room.stock() == (3, 0, 0)


async def test_body_may_not_contradict_the_path(room: Api) -> None:
    body = {"product_id": "other", "title": "Tea", "list_price_cents": 1}
    refused = await room.ask("PUT", "/products/tea", body)
    assert code_of(refused) == (422, "BAD_FIELD")
    assert refused.json()["field"] == "$.product_id"
    body["product_id"] = "tea"
    assert (await room.ask("PUT", "/products/tea", body)).status_code == 200


@pytest.mark.parametrize("path_id", ["..", "a b", "x" * 65, "%00", "茶"])
async def test_id_in_the_path_is_held_to_the_same_rules(room: Api, path_id: str) -> None:
    body = {"title": "Tea", "list_price_cents": 1}
    quoted = httpx.URL(path=f"/v1/rooms/{room.room_id}/products/{path_id}")
    headers = {"authorization": f"Bearer {room.host}"}
    response = await room.client.request("PUT", quoted, json=body, headers=headers)
    assert response.status_code in (404, 405, 422)
    listed = (await room.ask("GET", "/products")).json()["products"]
    assert [product["product_id"] for product in listed] == ["tea"]


@pytest.mark.parametrize(
    "content",
    [b"{", b"nope", b"\xff\xfe", b'{"a":NaN}', b"[" * 5000, b'{"a":1e}', b'{"title":"\\ud800"}'],
)
async def test_body_that_is_no_json_is_refused(room: Api, content: bytes) -> None:
    headers = {"authorization": f"Bearer {room.host}", "content-type": "application/json"}
    path = f"/v1/rooms/{room.room_id}"
    refused = await room.client.put(path, content=content, headers=headers)
    assert code_of(refused) == (400, "BAD_MESSAGE")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "x"])
async def test_body_of_another_type_is_refused(room: Api, content_type: str) -> None:
    headers = {"authorization": f"Bearer {room.host}", "content-type": content_type}
    refused = await room.client.put(
        f"/v1/rooms/{room.room_id}", content=b'{"title":"x"}', headers=headers
    )
    assert code_of(refused) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("content_type", [None, "application/json; charset=utf-8"])
async def test_json_is_read_with_or_without_its_type(room: Api, content_type: str | None) -> None:
    headers = {"authorization": f"Bearer {room.host}"}
    headers |= {"content-type": content_type} if content_type else {}
    response = await room.client.put(
        f"/v1/rooms/{room.room_id}", content=b'{"title":"New"}', headers=headers
    )
    assert response.status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
async def test_oversize_body_reaches_no_handler(room: Api, chunked: bool) -> None:
    """By its declared length it is refused unread; in chunks, as soon as it is too long."""
    body = b'{"title":"' + b"x" * 70_000 + b'"}'

    async def chunks() -> Any:
        for start in range(0, len(body), 8192):
            yield body[start : start + 8192]

    refused = await room.client.put(
        f"/v1/rooms/{room.room_id}",
        content=chunks() if chunked else body,
        headers={"authorization": f"Bearer {room.host}"},
    )
    assert code_of(refused) == (413, "TOO_LARGE")
    shown = (await room.ask("GET", token=None)).json()
    assert shown["room"]["title"] == "Tea night"


@pytest.mark.parametrize(
    "headers", [{"x-filler": "x" * 20_000}, {f"x-{number}": "x" for number in range(2_500)}]
)
async def test_oversize_head_reaches_no_handler(room: Api, headers: dict[str, str]) -> None:
    response = await room.client.get("/v1/rooms", headers=headers)
    assert code_of(response) == (431, "HEAD_TOO_LARGE")


async def test_oversize_address_reaches_no_handler(room: Api) -> None:
    response = await room.client.get(f"/v1/rooms?{'x' * 20_000}")
    assert code_of(response) == (431, "HEAD_TOO_LARGE")


WRITES: list[tuple[str, str, object]] = [
    ("PUT", "", {"title": "Taken over"}),
    ("PUT", "/products/tea", {"title": "Tea", "list_price_cents": 1}),
    ("PUT", "/pin", {"product_id": "tea"}),
    ("PUT", "/sales/x", {"product_id": "tea", "price_cents": 1, "total_units": 1}),
    ("POST", "/sales/flash/start", {}),
    ("POST", "/sales/flash/end", {}),
    ("POST", "/sales/flash/restock", {"restock_id": new_id(), "units": 1}),
]
BUYS: list[tuple[str, str, object]] = [
    ("POST", "/reservations", {"reservation_id": new_id(), "lines": one("flash")}),
    ("POST", f"/reservations/{new_id()}/cancel", {}),
    ("POST", f"/reservations/{new_id()}/pay", {}),
    ("GET", "/orders", None),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_viewer_may_not_do_what_hosts_do(
    room: Api, method: str, path: str, body: object
) -> None:
    refused = await room.ask(method, path, body, token=room.token("viewer"))
    assert code_of(refused) == (403, "FORBIDDEN")


@pytest.mark.parametrize(("method", "path", "body"), WRITES + BUYS)
async def test_nothing_works_with_a_token_of_another_room_or_without_one(
    room: Api, method: str, path: str, body: object
) -> None:
    elsewhere = room.token("host", room_id="elsewhere")
    assert code_of(await room.ask(method, path, body, token=elsewhere)) == (403, "FORBIDDEN")
    absent = await room.ask(method, path, body, token=None)
    assert code_of(absent) == (401, "BAD_TOKEN")
    assert "www-authenticate" in absent.headers
    expired = await room.ask(method, path, body, token=room.token("host", age_s=90_000))
    assert code_of(expired) == (401, "BAD_TOKEN")
    assert "expired" in expired.json()["detail"]
    assert await room.stock() == (3, 0, 0)


async def test_token_is_taken_from_the_header_only(room: Api) -> None:
    path = f"/v1/rooms/{room.room_id}/orders?token={room.host}&access_token={room.host}"
    refused = await room.client.get(path, headers={"cookie": f"token={room.host}"})
    assert code_of(refused) == (401, "BAD_TOKEN")


async def test_things_that_do_not_exist_are_named(room: Api) -> None:
    buyer = room.token()
    cases = [
        ("POST", "/sales/none/start", {}, room.host, "UNKNOWN_SALE"),
        ("POST", "/sales/none/end", {}, room.host, "UNKNOWN_SALE"),
        ("PUT", "/pin", {"product_id": "none"}, room.host, "UNKNOWN_PRODUCT"),
        (
            "PUT",
            "/sales/x",
            {"product_id": "none", "price_cents": 1, "total_units": 1},
            room.host,
            "UNKNOWN_PRODUCT",
        ),
        (
            "POST",
            RESERVE,
            {"reservation_id": new_id(), "lines": one("none")},
            buyer,
            "UNKNOWN_SALE",
        ),
        ("POST", f"/reservations/{new_id()}/cancel", {}, buyer, "UNKNOWN_HOLD"),
        ("POST", f"/reservations/{new_id()}/pay", {}, buyer, "UNKNOWN_HOLD"),
    ]
    for method, path, body, token, code in cases:
        refused = await room.ask(method, path, body, token=token)
        assert code_of(refused) == (404, code), path


async def test_room_that_does_not_exist_takes_no_commands(api: Api) -> None:
    body = {"reservation_id": new_id(), "lines": one("flash")}
    refused = await api.ask("POST", RESERVE, body, token=api.token())
    assert code_of(refused) == (404, "UNKNOWN_ROOM")
    started = await api.ask("POST", "/sales/flash/start", {})
    assert code_of(started) == (404, "UNKNOWN_ROOM")


async def test_wrong_method_is_told_the_right_ones(room: Api) -> None:
    response = await room.ask("DELETE", "/products/tea")
    assert code_of(response) == (405, "METHOD_NOT_ALLOWED")
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "PUT"}


async def test_address_that_is_none_is_a_problem(room: Api) -> None:
    response = await room.client.get("/v1/nothing")
    assert code_of(response) == (404, "NOT_FOUND")
