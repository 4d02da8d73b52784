"""Sending pictures over HTTP, and how browsers get them back."""

import asyncio
import io

import httpx
import pytest
from PIL import Image

from tests.server.http.api import Api


def png(side: int = 8) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), "#17703f").save(file, "PNG")
    return file.getvalue()


async def send(room: Api, sent: bytes, token: str) -> httpx.Response:
    return await room.client.post(
        f"/v1/rooms/{room.room_id}/pictures",
        content=sent,
        headers={"authorization": f"Bearer {token}", "content-type": "image/png"},
    )


async def test_a_picture_is_sent_shown_and_only_a_picture(room: Api) -> None:
    answer = await send(room, png(), room.host)
    assert answer.status_code == 201, answer.text
    url = answer.json()["picture_url"]
    body = {"title": "Tea", "list_price_cents": 2990, "picture_url": url}
    assert (await room.ask("PUT", "/products/tea", body)).status_code == 200
    shown = await room.client.get(url)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert Image.open(io.BytesIO(shown.content)).format == "WEBP"


async def test_only_a_host_may_send_one(room: Api) -> None:
    assert (await send(room, png(), room.token())).status_code == 403


async def test_what_is_no_picture_or_too_large_is_refused(room: Api) -> None:
    refused = await send(room, b"<script>alert(1)</script>", room.host)
    assert (refused.status_code, refused.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert b" 413 " in await first_line_for(room, 8_388_609)


async def first_line_for(room: Api, declared_bytes: int) -> bytes:
    """What is answered to a head alone: a body that is too large need not be sent to be refused."""
    url = httpx.URL(room.server.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = (
        f"POST /v1/rooms/{room.room_id}/pictures HTTP/1.1\r\nhost: {url.host}\r\n"
        f"authorization: Bearer {room.host}\r\ncontent-length: {declared_bytes}\r\n\r\n"
    )
    writer.write(head.encode())
    line = await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    return line


@pytest.mark.parametrize("name", ["none.webp", "..%2fsecret", f"{'0' * 32}.webp", "%2e%2e/secret"])
async def test_nothing_else_of_the_data_folder_is_served(room: Api, name: str) -> None:
    answer = await room.client.get(f"/pictures/{name}")
    assert answer.status_code == 404
