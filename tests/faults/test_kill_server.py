"""kill -9 of the server in the middle of a sale: nothing that was acknowledged is lost."""

from pathlib import Path

import httpx
import pytest

from tests.harness import LiveServer, Refusal, new_id, one, open_room


async def test_holds_orders_and_payments_survive_kill_9(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data")
    server.start()
    try:
        room = await open_room(server, units=3)
        ann_token, bob_token = await server.guest(room), await server.guest(room, "Bob")
        ann_hold, bob_hold = new_id(), new_id()
        async with server.client(room, ann_token) as ann, server.client(room, bob_token) as bob:
            await ann.ask("reserve", reservation_id=ann_hold, lines=one("flash"))
            await bob.ask("reserve", reservation_id=bob_hold, lines=one("flash"))
            page = await ann.ask("pay", reservation_id=ann_hold)
            async with httpx.AsyncClient() as browser:
                await browser.post(f"{page['pay_url']}/pay")
            server.kill()  # the webhook may or may not have been delivered

        server.start()
        async with server.client(room, ann_token) as ann, server.client(room, bob_token) as bob:
            await paid(ann, ann_hold)
            again = await bob.ask("reserve", reservation_id=bob_hold, lines=one("flash"))
            assert (again["replayed"], again["hold"]["state"]) == (True, "held")
            with pytest.raises(Refusal, match="USER_LIMIT"):
                await bob.ask("reserve", reservation_id=new_id(), lines=one("flash"))
        audit = server.kaibo("audit")
        assert audit.returncode == 0, audit.stdout
    finally:
        assert server.stop() == 0


async def paid(client: object, reservation_id: str) -> None:
    """Wait until the order is paid: told by an event, or already known."""
    orders = (await client.ask("holds"))["holds"]  # type: ignore[attr-defined]
    states = {order["reservation_id"]: order["state"] for order in orders}
    if states.get(reservation_id) != "paid":
        await client.event(  # type: ignore[attr-defined]
            "hold", where=lambda body: body["hold"]["state"] == "paid"
        )
