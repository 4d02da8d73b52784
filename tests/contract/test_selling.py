"""The main job over sockets: a flash sale from announcement to the paid order, for everyone."""

import asyncio
import json

import httpx
import pytest

from tests.harness import Client, LiveServer, Refusal, new_id, one, open_room


async def pay(server: LiveServer, client: Client, reservation_id: str) -> None:
    """Pay on the sandbox page as a browser does, and wait until the order is known as paid."""
    page = await client.ask("pay", reservation_id=reservation_id)
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(page["pay_url"])).status_code == 200
        paid = await browser.post(f"{page['pay_url']}/pay")
        assert paid.status_code == 303
        assert f"order={reservation_id}" in paid.headers["location"]
    await client.event("hold", where=lambda body: body["hold"]["state"] == "paid")


async def test_a_sale_from_countdown_to_sold_out(live_server: LiveServer) -> None:
    room = await open_room(live_server, units=1, start=False)
    ann_token, bob_token = await live_server.guest(room), await live_server.guest(room, "Bob")
    async with (
        live_server.client(room, live_server.token(room, "host")) as host,
        live_server.client(room, ann_token) as ann,
        live_server.client(room, bob_token) as bob,
    ):
        with pytest.raises(Refusal, match="NOT_STARTED"):
            await ann.ask("reserve", reservation_id=new_id(), lines=one("flash"))
        await host.ask("pin", product_id="tea")
        await host.ask("start_sale", sale_id="flash", countdown_s=1, duration_s=60)
        assert (await bob.event("pin"))["product_id"] == "tea"
        announced = await bob.event("sale", where=lambda body: body["sale"]["starts_at_ms"])
        with pytest.raises(Refusal) as early:
            await bob.ask("reserve", reservation_id=new_id(), lines=one("flash"))
        assert early.value.code == "NOT_STARTED"
        assert early.value.body["starts_at_ms"] == announced["sale"]["starts_at_ms"]

        reservation_id = new_id()
        hold = await reserve_when_open(ann, reservation_id)
        assert hold["amount_cents"] == 1_990
        await bob.event("stock", where=lambda body: body["stock"]["available"] == 0)
        with pytest.raises(Refusal, match="SOLD_OUT"):
            await bob.ask("reserve", reservation_id=new_id(), lines=one("flash"))

        await pay(live_server, ann, reservation_id)
        await bob.event("stock", where=lambda body: body["stock"]["sold"] == 1)
        assert not [event for event in bob.events if event[0] == "hold"], "orders are private"
        orders = (await ann.ask("holds"))["holds"]
        assert [order["reservation_id"] for order in orders] == [reservation_id]
    audit = live_server.kaibo("audit", "--room", room)
    assert audit.returncode == 0, audit.stdout


async def test_others_hear_that_somebody_bought_and_not_who(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with (
        live_server.client(room, live_server.token(room, "host")) as host,
        live_server.client(room, live_server.token(room, name="Annabel")) as ann,
        live_server.client(room, await live_server.guest(room, "Bob")) as bob,
    ):
        async with asyncio.timeout(10):
            while "Annabel" not in {one["name"] for one in (await host.ask("viewers"))["viewers"]}:
                await asyncio.sleep(0.05)
        reservation_id = new_id()
        await ann.ask("reserve", reservation_id=reservation_id, lines=one("flash"))
        await pay(live_server, ann, reservation_id)
        told = await bob.event("bought")
        assert told == {"product_id": "tea", "name": "A***l", "units": 1, "buyers": 1}


async def reserve_when_open(client: Client, reservation_id: str) -> dict[str, object]:
    """Press buy until the countdown is over; the server's clock decides when that is."""
    async with asyncio.timeout(10):
        while True:
            try:
                answer = await client.ask(
                    "reserve", reservation_id=reservation_id, lines=one("flash")
                )
            except Refusal as refusal:
                assert refusal.code == "NOT_STARTED"
                await asyncio.sleep(0.05)
            else:
                return dict(answer["hold"])


async def test_an_unpaid_hold_expires_and_its_unit_can_be_bought(live_server: LiveServer) -> None:
    room = await open_room(live_server, units=1, hold_duration_s=5)
    async with (
        live_server.client(room, await live_server.guest(room)) as ann,
        live_server.client(room, await live_server.guest(room, "Bob")) as bob,
    ):
        await ann.ask("reserve", reservation_id=new_id(), lines=one("flash"))
        with pytest.raises(Refusal, match="SOLD_OUT"):
            await bob.ask("reserve", reservation_id=new_id(), lines=one("flash"))
        await ann.event("hold", where=lambda body: body["hold"]["state"] == "expired")
        held = await bob.ask("reserve", reservation_id=new_id(), lines=one("flash"))
        assert held["hold"]["state"] == "held"


async def test_a_cancelled_unit_can_be_bought_at_once(live_server: LiveServer) -> None:
    room = await open_room(live_server, units=1)
    async with (
        live_server.client(room, await live_server.guest(room)) as ann,
        live_server.client(room, await live_server.guest(room, "Bob")) as bob,
    ):
        mine = new_id()
        await ann.ask("reserve", reservation_id=mine, lines=one("flash"))
        with pytest.raises(Refusal, match="UNKNOWN_HOLD"):
            await bob.ask("cancel", reservation_id=mine)
        await ann.ask("cancel", reservation_id=mine)
        await bob.ask("reserve", reservation_id=new_id(), lines=one("flash"))


async def test_a_buyer_gets_no_more_than_the_limit(live_server: LiveServer) -> None:
    room = await open_room(live_server, units=10, per_buyer_max=2)
    async with live_server.client(room, await live_server.guest(room)) as ann:
        await ann.ask("reserve", reservation_id=new_id(), lines=one("flash", 2))
        with pytest.raises(Refusal, match="USER_LIMIT"):
            await ann.ask("reserve", reservation_id=new_id(), lines=one("flash"))


async def test_two_hundred_buyers_at_once_get_exactly_the_units_there_are(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server, units=50)
    tokens = await asyncio.gather(*(live_server.guest(room) for _ in range(200)))

    async def buy(token: str) -> str:
        async with live_server.client(room, token) as buyer:
            try:
                await buyer.ask("reserve", reservation_id=new_id(), lines=one("flash"))
            except Refusal as refusal:
                return refusal.code
            return "HELD"

    outcomes = await asyncio.gather(*(buy(token) for token in tokens))
    assert sorted(set(outcomes)) == ["HELD", "SOLD_OUT"]
    assert outcomes.count("HELD") == 50


async def test_comments_and_likes_reach_everyone(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with (
        live_server.client(room, await live_server.guest(room)) as ann,
        live_server.client(room, await live_server.guest(room, "Bob")) as bob,
    ):
        said = await ann.ask("comment", text=" 好茶!  how much? ")
        heard = await bob.event("comment")
        assert heard["comment"] == said["comment"]
        assert heard["comment"]["text"] == "好茶! how much?"
        await ann.ask("like", count=7)
        await ann.ask("like", count=5)
        likes = await bob.event("likes", where=lambda body: body["total"] == 12)
        assert likes["delta"] <= 12
        assert (await bob.event("viewers", where=lambda body: body["count"] == 2))["count"] == 2
    async with live_server.client(room, await live_server.guest(room, "Cat")) as cat:
        assert [c["text"] for c in cat.welcome["comments"]] == ["好茶! how much?"]
        assert cat.welcome["likes_total"] == 12


async def test_offsets_rise_by_one_and_the_welcome_says_where_they_stand(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, live_server.token(room, "host")) as host:
        start = host.welcome["position"]["offset"]
        for number in range(5):
            await host.ask("comment", text=f"number {number}")
        await host.event("comment", where=lambda body: body["comment"]["text"] == "number 4")
        offsets = [offset for _, offset, _ in host.events if offset is not None]
        assert offsets == list(range(start + 1, start + 1 + len(offsets)))


async def test_json_is_the_same_protocol(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    token = await live_server.guest(room)
    async with live_server.socket(room, token, subprotocol="kaibo.v1.json") as socket:
        welcome = json.loads(await socket.recv())
        assert welcome[0] == "welcome"
        await socket.send(json.dumps(["comment", 1, {"text": "hello"}]))
        kinds: set[str] = set()
        while kinds != {"reply", "comment"}:
            message = json.loads(await socket.recv())
            if message[0] == "reply":
                kinds.add("reply")
            elif message[1] == "comment":
                assert isinstance(message[2], int) and message[4]["comment"]["text"] == "hello"
                kinds.add("comment")


async def test_the_clock_is_told_with_four_timestamps(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, await live_server.guest(room)) as ann:
        pong = await ann.ask("ping", sent_at_ms=12_345)
        assert pong["sent_at_ms"] == 12_345
        assert pong["received_at_ms"] <= pong["replied_at_ms"]
