"""The run-of-show: kept in order, run step by step, each step once, and never another's to see."""

import asyncio
from typing import Any

import pytest

from tests.harness import Client, LiveServer, Refusal, open_room

STEPS: list[dict[str, Any]] = [
    {"step_id": "s1", "op": "note", "body": {"text": "say hello"}},
    {"step_id": "s2", "op": "pin", "body": {"product_id": "tea"}},
    {"step_id": "s3", "op": "announce", "body": {"text": "Here we go"}},
    {"step_id": "s4", "op": "start_sale", "body": {"sale_id": "flash", "countdown_s": 0}},
]


async def refused(client: Client, op: str, **body: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await client.ask(op, **body)
    return caught.value


def done(reply: dict[str, Any]) -> list[str]:
    return [step["step_id"] for step in reply["steps"] if step["done"]]


async def test_steps_are_run_one_after_the_other(live_server: LiveServer) -> None:
    room = await open_room(live_server, start=False)
    async with (
        live_server.client(room, live_server.token(room, "host")) as host,
        live_server.client(room, live_server.token(room)) as viewer,
    ):
        assert await host.ask("rundown") == {"version": 0, "steps": []}
        kept = await host.ask("put_rundown", version=0, steps=STEPS)
        assert [step["op"] for step in kept["steps"]] == [step["op"] for step in STEPS]
        for step in STEPS:
            reply = await host.ask("run_step", step_id=step["step_id"])
        assert done(reply) == ["s1", "s2", "s3", "s4"]
        assert (await viewer.event("pin"))["product_id"] == "tea"
        assert (await viewer.event("announcement"))["text"] == "Here we go"
        await viewer.event("sale", where=lambda it: it["sale"]["starts_at_ms"] is not None)
        told = await viewer.event("rundown")
        assert set(told) == {"version"}, "what is planned is not for viewers"


async def test_two_hosts_who_press_together_do_a_step_once(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with (
        live_server.client(room, live_server.token(room, "host")) as one,
        live_server.client(room, live_server.token(room, "host")) as other,
    ):
        await one.ask("put_rundown", version=0, steps=STEPS)
        await asyncio.gather(*(it.ask("run_step", step_id="s3") for it in (one, other)))
        await one.ask("run_step", step_id="s3")
        await one.ask("comment", text="the end")
        await one.event("comment")
        assert [name for name, _, _ in one.events].count("announcement") == 1


async def test_a_refused_step_is_not_done(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        await host.ask("put_rundown", version=0, steps=STEPS)
        assert (await refused(host, "run_step", step_id="s4")).code == "ALREADY_STARTED"
        assert done(await host.ask("rundown")) == []
        assert (await refused(host, "run_step", step_id="s9")).code == "UNKNOWN_STEP"


async def test_a_change_that_does_not_know_the_last_one_is_refused(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        first = await host.ask("put_rundown", version=0, steps=STEPS)
        assert (await refused(host, "put_rundown", version=0, steps=[])).code == "CHANGED_MEANWHILE"
        run = await host.ask("run_step", step_id="s1")
        stale = await refused(host, "put_rundown", version=first["version"], steps=[])
        assert stale.code == "CHANGED_MEANWHILE"
        unticked = [{**step, "done": False} for step in run["steps"]]
        again = await host.ask("put_rundown", version=run["version"], steps=unticked)
        assert done(again) == []


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ([{"step_id": "a", "op": "pin", "body": {}}], "$.steps[0].body.product_id"),
        ([STEPS[0], {"step_id": "a", "op": "note", "body": {"text": ""}}], "$.steps[1].body.text"),
        ([STEPS[0], STEPS[0]], "$.steps[1].step_id"),
        ([{"step_id": "a", "op": "ban", "body": {"user_id": "u"}}], "$.steps[0].op"),
    ],
)
async def test_a_step_that_could_not_be_run_is_not_kept(
    live_server: LiveServer, steps: list[dict[str, Any]], field: str
) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        refusal = await refused(host, "put_rundown", version=0, steps=steps)
        assert (refusal.code, refusal.body["field"]) == ("BAD_FIELD", field)
        assert (await host.ask("rundown"))["steps"] == []


async def test_products_are_listed_as_the_host_orders_them(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        for product in ("b", "a", "c"):
            await host.ask("put_product", product_id=product, title=product, list_price_cents=1)
        await host.ask("order_products", product_ids=["tea", "c"])
        told = await host.event("product_order")
        assert told["product_ids"] == ["tea", "c"]
        unknown = await refused(host, "order_products", product_ids=["nothing"])
        assert unknown.code == "UNKNOWN_PRODUCT"
    async with live_server.client(room, live_server.token(room)) as viewer:
        listed = [it["product_id"] for it in viewer.welcome["products"]]
        assert listed == ["tea", "c", "a", "b"]
