"""The audit of money that must go back: none is missing, and none has failed unnoticed."""

import pytest
from sqlalchemy import Engine, delete

from inventory.audit import audit
from inventory.audit.report import AuditReport
from inventory.ledger.engine import writing
from inventory.ledger.ledger import Ledger
from inventory.ledger.payments import PaymentBook
from inventory.ledger.refunds import RefundBook
from inventory.ledger.tables import refunds as refunds_table
from inventory.ledger.writer import LedgerWriter
from inventory.payments.port import RefundState
from tests.inventory.payments.entries import record, settle
from tests.inventory.shop import Shop


@pytest.fixture
def owed(shop: Shop, payments: PaymentBook) -> str:
    """A room that owes somebody the price of one; returns the hold that nobody knows."""
    hold_id = shop.new_id()
    record(payments, shop.room_id, hold_id)
    settle(payments, "ORPHAN")
    return hold_id


async def audited(
    shop: Shop, ledger: Ledger, writer: LedgerWriter, payments: PaymentBook, refunds: RefundBook
) -> AuditReport:
    return await audit(shop.store, ledger, [shop.room_id], writer.drain, payments, refunds)


async def test_a_refund_on_its_way_is_in_order(
    owed: str,
    shop: Shop,
    ledger: Ledger,
    writer: LedgerWriter,
    payments: PaymentBook,
    refunds: RefundBook,
) -> None:
    report = await audited(shop, ledger, writer, payments, refunds)
    assert report.ok
    assert report.lines()[1].endswith("1 payment, 1 refund on its way")


async def test_a_refund_that_failed_is_found(
    owed: str,
    shop: Shop,
    ledger: Ledger,
    writer: LedgerWriter,
    payments: PaymentBook,
    refunds: RefundBook,
) -> None:
    [refund] = refunds.of_room(shop.room_id)
    refunds.move(refund, RefundState.FAILED, 3, trouble="no such card")
    [line] = (await audited(shop, ledger, writer, payments, refunds)).differences
    assert line == (
        f"room {shop.room_id} refund {refund.refund_id} of payment sandbox:pay-1: "
        "expected 990 cents to go back, found that it failed: no such card"
    )


async def test_a_refund_that_was_never_written_down_is_found(
    owed: str,
    shop: Shop,
    ledger: Ledger,
    writer: LedgerWriter,
    payments: PaymentBook,
    refunds: RefundBook,
    engine: Engine,
) -> None:
    with writing(engine) as connection:
        connection.execute(delete(refunds_table))
    [line] = (await audited(shop, ledger, writer, payments, refunds)).differences
    assert line.endswith("sandbox:pay-1 is ORPHAN: expected a refund of 990 cents, found none")


async def test_a_payment_that_cannot_be_settled_is_found_with_the_reason(
    shop: Shop,
    ledger: Ledger,
    writer: LedgerWriter,
    payments: PaymentBook,
    refunds: RefundBook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("inventory.audit.payments.SETTLE_WAIT_S", 0.0)
    record(payments, shop.room_id, shop.new_id())
    [payment] = payments.unsettled(1, 1)
    payments.put_off(payment, 2, "BROKEN")
    [line] = (await audited(shop, ledger, writer, payments, refunds)).differences
    assert line.endswith("pay-1: expected an outcome, found none after 2 tries: BROKEN")
