"""Orders and comments as files that a spreadsheet opens safely."""

import csv
import io
from typing import Any

import httpx

from server.http import exports
from tests.server.http.api import Api
from tests.server.http.test_payments import until


def rows_of(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith('attachment; filename="')
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_every_order_is_in_the_file_over_all_pages(api: Api) -> None:
    units = exports.PAGE + 20
    await api.open(units=units, per_buyer_max=1)
    await api.ask("PUT", "/products/tea", {"title": "=TEA()", "list_price_cents": 2990})
    made = [(await api.reserve(api.token()))["hold"]["reservation_id"] for _ in range(units)]

    async def is_whole() -> bool:
        rows = rows_of(await api.ask("GET", "/exports/orders"))
        return len(rows) == units

    await until(is_whole)
    rows = rows_of(await api.ask("GET", "/exports/orders"))
    assert {row["order"] for row in rows} == set(made)
    first = rows[0]
    assert (first["title"], first["state"], first["amount"]) == ("'=TEA()", "held", "19.90")
    assert (first["quantity"], first["currency"], first["sale"]) == ("1", "CNY", "flash")


async def test_comments_are_in_the_file_and_no_formula_of_a_viewers(room: Api) -> None:
    viewer = room.server.token(room.room_id, name="@Eve")
    async with (
        room.server.client(room.room_id, viewer) as eve,
        room.server.client(room.room_id, room.host) as host,
    ):
        await eve.ask("comment", text='=HYPERLINK("http://evil")')
        await eve.ask("comment", text="fresh, really?")
        said = await host.event("comment", where=lambda it: it["comment"]["text"][0] == "=")
        await host.ask("remove_comment", comment_id=said["comment"]["comment_id"])
    rows = rows_of(await room.ask("GET", "/exports/comments"))
    assert [(row["name"], row["text"], row["removed"]) for row in rows] == [
        ("'@Eve", '\'=HYPERLINK("http://evil")', "removed"),
        ("'@Eve", "fresh, really?", ""),
    ]


async def test_only_a_host_gets_them(room: Api) -> None:
    for what in ("orders", "comments"):
        answer = await room.ask("GET", f"/exports/{what}", token=room.token())
        assert answer.status_code == 403
