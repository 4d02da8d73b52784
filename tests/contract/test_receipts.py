"""Every answer says what it survives, and a hold comes with a receipt."""

from inventory.receipt import Receipt, Receipts
from server.tokens import purpose_key
from tests.harness import LiveServer, new_id, one, open_room


def read(server: LiveServer, receipt: str) -> Receipt:
    secret = (server.data_dir / "secret").read_bytes().strip()
    told = Receipts(purpose_key(secret, "receipts")).read(receipt)
    assert told is not None
    return told


async def test_a_hold_comes_with_its_receipt_and_an_extended_one_with_a_new_one(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server)
    async with live_server.client(room, await live_server.guest(room)) as ann:
        reservation_id = new_id()
        held = await ann.ask("reserve", reservation_id=reservation_id, lines=one("flash"))
        told = read(live_server, held["receipt"])
        assert (told.room_id, told.hold_id, told.epoch_ms) == (room, reservation_id, 0)
        assert told.buyer_id == held["hold"]["buyer_id"]
        assert told.deadline_ms == held["hold"]["deadline_ms"]
        again = await ann.ask("reserve", reservation_id=reservation_id, lines=one("flash"))
        assert (again["replayed"], again["receipt"]) == (True, held["receipt"])

        page = await ann.ask("pay", reservation_id=reservation_id)
        later = read(live_server, page["receipt"])
        assert later.deadline_ms == page["hold"]["deadline_ms"] > told.deadline_ms
        cancelled = await ann.ask("cancel", reservation_id=reservation_id)
        assert {held["durability"], page["durability"], cancelled["durability"]} == {"memory"}
        over = await ann.ask("reserve", reservation_id=reservation_id, lines=one("flash"))
        assert (over["hold"]["state"], over["receipt"]) == ("cancelled", None)
