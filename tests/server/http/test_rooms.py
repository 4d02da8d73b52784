"""What anybody may read, and the tokens guests get."""

from typing import Any

import jwt
import pytest

from server.wire.events import RoomSnapshot
from tests.server.http.api import Api


async def test_anybody_may_see_the_room(room: Api) -> None:
    shown = (await room.ask("GET", token=None)).json()
    assert set(shown) == set(RoomSnapshot.__struct_fields__)
    assert shown["room"]["room_id"] == room.room_id
    assert [product["product_id"] for product in shown["products"]] == ["tea"]
    assert shown["sales"][0]["available"] == 3
    listed = (await room.client.get("/v1/rooms")).json()["rooms"]
    assert shown["room"] in listed


async def test_products_and_sales_can_be_read_one_by_one(room: Api) -> None:
    products = (await room.ask("GET", "/products", token=None)).json()["products"]
    product = (await room.ask("GET", "/products/tea", token=None)).json()["product"]
    assert products == [product]
    sales = (await room.ask("GET", "/sales", token=None)).json()["sales"]
    sale = (await room.ask("GET", "/sales/flash", token=None)).json()["sale"]
    assert sales == [sale]


@pytest.mark.parametrize("path", ["", "/products", "/products/tea", "/sales", "/sales/flash"])
async def test_room_that_does_not_exist_is_unknown(api: Api, path: str) -> None:
    response = await api.ask("GET", path, token=None)
    assert (response.status_code, response.json()["code"]) == (404, "UNKNOWN_ROOM")


@pytest.mark.parametrize(
    ("path", "code"), [("/products/none", "UNKNOWN_PRODUCT"), ("/sales/none", "UNKNOWN_SALE")]
)
async def test_thing_that_does_not_exist_is_named(room: Api, path: str, code: str) -> None:
    response = await room.ask("GET", path, token=None)
    assert (response.status_code, response.json()["code"]) == (404, code)


async def test_answers_are_not_kept_by_caches(room: Api) -> None:
    for path in ("", "/sales", "/none"):
        response = await room.ask("GET", path, token=None)
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"


async def test_head_is_answered_like_get_without_a_body(room: Api) -> None:
    response = await room.ask("HEAD", token=None)
    assert (response.status_code, response.content) == (200, b"")


async def test_guest_gets_a_token_that_works_here_and_as_a_viewer(room: Api) -> None:
    issued = await room.ask("POST", "/tokens", {"name": "林 Lin"}, token=None)
    assert issued.status_code == 201
    told = issued.json()
    assert (told["name"], told["role"]) == ("林 Lin", "viewer")
    claims = jwt.decode(told["token"], options={"verify_signature": False})
    assert claims["exp"] * 1000 == told["expires_at_ms"]
    mine = await room.ask("GET", "/orders", token=told["token"])
    assert mine.json()["orders"] == []
    refused = await room.ask("POST", "/sales/flash/end", {}, token=told["token"])
    assert refused.status_code == 403


async def test_guests_are_different_people_unless_they_renew(room: Api) -> None:
    first = (await room.ask("POST", "/tokens", token=None)).json()
    second = (await room.ask("POST", "/tokens", {}, token=None)).json()
    assert first["user_id"] != second["user_id"]
    assert first["name"]
    renewed = (await room.ask("POST", "/tokens", {"name": "Bo"}, token=first["token"])).json()
    assert (renewed["user_id"], renewed["name"]) == (first["user_id"], "Bo")
    kept = (await room.ask("POST", "/tokens", token=renewed["token"])).json()
    assert kept["name"] == "Bo"


async def test_token_that_is_sent_to_be_renewed_must_be_good(room: Api) -> None:
    for token, status in [
        (room.token(age_s=90_000), 401),
        (room.token(room_id="elsewhere"), 403),
        ("nonsense", 401),
        (room.host, 403),
    ]:
        response = await room.ask("POST", "/tokens", {}, token=token)
        assert response.status_code == status


async def test_what_others_will_read_is_cleaned(room: Api) -> None:
    told = (
        await room.ask("POST", "/tokens", {"name": " \u202eAnn\n\tLee\u200b "}, token=None)
    ).json()
    assert told["name"] == "Ann Lee"
    titled = await room.ask("PUT", "", {"title": "Tea\u2066  night\u0007"})
    assert titled.json()["room"]["title"] == "Tea night"
    body = {"title": "\ufeffOolong\n50 g", "list_price_cents": 1}
    product = await room.ask("PUT", "/products/tea", body)
    assert product.json()["product"]["title"] == "Oolong 50 g"


@pytest.mark.parametrize("invisible", [" ", "\u200b", "\u202e\u200d", "\n\t"])
async def test_what_nobody_could_read_is_refused_by_its_field(room: Api, invisible: str) -> None:
    product = {"title": invisible, "list_price_cents": 1}
    for method, path, body, field in (
        ("POST", "/tokens", {"name": invisible}, "$.name"),
        ("PUT", "", {"title": invisible}, "$.title"),
        ("PUT", "/products/tea", product, "$.title"),
    ):
        token = None if field == "$.name" else room.host
        refused = await room.ask(method, path, body, token=token)
        assert (refused.status_code, refused.json()["field"]) == (422, field)
    shown = (await room.ask("GET", token=None)).json()
    assert (shown["room"]["title"], shown["products"][0]["title"]) == ("Tea night", "Tea")


async def test_the_currency_stays_unless_it_is_named_and_the_room_has_no_sales(api: Api) -> None:
    async def put(**more: object) -> Any:
        return (await api.ask("PUT", "", {"title": "Tea night", **more})).json()

    assert (await put())["room"]["currency"] == "CNY"
    assert (await put(currency="EUR"))["room"]["currency"] == "EUR"
    assert (await put(video_url="/media/x.m3u8"))["room"]["currency"] == "EUR"
    assert (await put())["room"] == (await put(currency="EUR"))["room"]
    assert (await put())["room"]["video_url"] is None
    body = {"title": "Tea", "list_price_cents": 1}
    await api.ask("PUT", "/products/tea", body)
    terms = {"product_id": "tea", "price_cents": 1, "total_units": 1}
    await api.ask("PUT", "/sales/flash", terms)
    refused = await put(currency="USD")
    assert (refused["code"], refused["field"]) == ("BAD_FIELD", "$.currency")
    assert (await put())["room"]["currency"] == "EUR"


@pytest.mark.parametrize("name", ["", "n" * 25, 7])
async def test_name_that_cannot_be_is_refused(room: Api, name: object) -> None:
    response = await room.ask("POST", "/tokens", {"name": name}, token=None)
    assert response.json()["field"] == "$.name"


async def test_room_that_does_not_exist_has_no_guests(api: Api) -> None:
    response = await api.ask("POST", "/tokens", {}, token=None)
    assert response.json()["code"] == "UNKNOWN_ROOM"


async def test_openapi_document_is_served(api: Api) -> None:
    document = (await api.client.get("/v1/openapi.json")).json()
    assert document["openapi"] == "3.1.0"


async def test_server_is_live_and_ready(api: Api) -> None:
    assert (await api.client.get("/health/live")).json() == {"status": "live"}
    ready = (await api.client.get("/health/ready")).json()
    parts = ("redis", "sql", "relay", "ledger", "sweeper", "settler")
    assert ready["parts"] == dict.fromkeys(parts, "ok")
