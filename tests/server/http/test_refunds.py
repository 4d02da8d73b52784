"""A host pays an order back over HTTP; the buyer and `kaibo` see it too."""

from typing import Any, get_args

import pytest

from inventory.payments.port import RefundState
from server.wire.views import RefundStateView
from tests.harness import new_id
from tests.server.http.api import Api
from tests.server.http.test_payments import order_of, start_paying, until


async def paid_order(room: Api, buyer: str, faults: dict[str, str] | None = None) -> str:
    reservation_id: str = (await room.reserve(buyer))["hold"]["reservation_id"]
    url = await start_paying(room, buyer, reservation_id)
    await room.client.post(f"{url}/pay", data=faults)

    async def is_paid() -> bool:
        return bool((await order_of(room, buyer, reservation_id))["state"] == "paid")

    await until(is_paid)
    return reservation_id


async def refund_of(room: Api, reservation_id: str, token: str) -> Any:
    answer = (await room.ask("GET", f"/orders/{reservation_id}", token=token)).json()
    assert answer["currency"] == "CNY"
    [refund] = answer["refunds"]
    return refund


async def test_a_paid_order_goes_back_to_its_buyer(room: Api) -> None:
    buyer = room.token()
    reservation_id = await paid_order(room, buyer)
    path = f"/reservations/{reservation_id}/refund"
    told = await room.ask("POST", path, {"restock": True})
    assert told.status_code == 200, told.text
    assert told.json()["refund"]["amount_cents"] == 1990
    again = await room.ask("POST", path, {"restock": False})
    assert again.json()["refund"]["refund_id"] == told.json()["refund"]["refund_id"]

    async def is_done() -> bool:
        return bool((await refund_of(room, reservation_id, buyer))["state"] == "done")

    await until(is_done)
    assert (await order_of(room, buyer, reservation_id))["state"] == "refunded"
    assert await room.stock() == (3, 0, 0)
    [listed] = (await room.ask("GET", "/refunds")).json()["refunds"]
    assert (listed["reservation_id"], listed["reason"]) == (reservation_id, "HOST")
    printed = room.server.kaibo("refund", "list", "--room", room.room_id).stdout
    assert listed["refund_id"] in printed and "done" in printed
    audit = room.server.kaibo("audit", "--room", room.room_id)
    assert audit.returncode == 0, audit.stdout


async def test_a_refund_that_fails_is_told_to_the_host_and_handled_by_the_operator(
    room: Api,
) -> None:
    buyer = room.token()
    reservation_id = await paid_order(room, buyer, {"refund": "refused"})
    await room.ask("POST", f"/reservations/{reservation_id}/refund", {"restock": False})

    async def has_failed() -> bool:
        return bool((await refund_of(room, reservation_id, buyer))["state"] == "failed")

    await until(has_failed)
    assert (await refund_of(room, reservation_id, buyer))["trouble"] is None
    refund = await refund_of(room, reservation_id, room.host)
    assert refund["trouble"] == "the sandbox was told to refuse it"
    audit = room.server.kaibo("audit", "--room", room.room_id)
    assert (audit.returncode, refund["trouble"] in audit.stdout) == (1, True)
    name = ("--room", room.room_id, "--refund", refund["refund_id"])
    assert room.server.kaibo("refund", "retry", *name).returncode == 0
    await until(has_failed)
    assert room.server.kaibo("refund", "close", *name, "--note", "in cash").returncode == 0

    async def is_done() -> bool:
        return bool((await refund_of(room, reservation_id, buyer))["state"] == "done")

    await until(is_done)
    assert room.server.kaibo("audit", "--room", room.room_id).returncode == 0
    too_late = room.server.kaibo("refund", "retry", *name)
    assert (too_late.returncode, "is done" in too_late.stderr) == (1, True)


@pytest.mark.parametrize(("role", "code"), [("viewer", "FORBIDDEN"), ("host", "NOT_PAID")])
async def test_who_may_not_and_what_cannot_be_refunded_is_refused(
    room: Api, role: Any, code: str
) -> None:
    reservation_id = (await room.reserve(room.token()))["hold"]["reservation_id"]
    path = f"/reservations/{reservation_id}/refund"
    refused = await room.ask("POST", path, {}, token=room.token(role))
    assert refused.json()["code"] == code
    assert (await room.ask("GET", "/refunds", token=room.token())).status_code == 403


async def test_an_unknown_order_is_not_refunded(room: Api) -> None:
    refused = await room.ask("POST", f"/reservations/{new_id()}/refund", {})
    assert (refused.status_code, refused.json()["code"]) == (404, "UNKNOWN_HOLD")


async def test_switches_that_do_not_exist_are_told_on_the_pay_page(room: Api) -> None:
    buyer = room.token()
    reservation_id = (await room.reserve(buyer))["hold"]["reservation_id"]
    url = await start_paying(room, buyer, reservation_id)
    assert 'data-testid="sandbox-faults"' in (await room.client.get(url)).text
    for form in ({"copies": "99"}, {"speed": "1"}, {"note": "x" * 5_000}):
        refused = await room.client.post(f"{url}/pay", data=form)
        assert refused.status_code == 422
    assert (await order_of(room, buyer, reservation_id))["state"] == "held"


def test_clients_know_every_state_of_a_refund() -> None:
    assert set(RefundState) == set(get_args(RefundStateView))
