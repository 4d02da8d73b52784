"""Rooms and products, and the book of payments."""

from concurrent.futures import ThreadPoolExecutor

from inventory.ledger.catalogue import Catalogue, Product, Room
from inventory.ledger.payments import ORPHAN, PaymentBook
from tests.inventory.shop import Shop


def test_a_room_is_created_and_then_changed(catalogue: Catalogue, shop: Shop) -> None:
    changed = Room(room_id=shop.room_id, title="New", video_url="/v.m3u8", currency="EUR")
    catalogue.put_room(changed)
    assert catalogue.room(shop.room_id) == changed
    assert catalogue.rooms() == [changed]
    assert catalogue.room_ids() == [shop.room_id]
    assert catalogue.room("nowhere") is None


def test_products_belong_to_their_room(catalogue: Catalogue, shop: Shop) -> None:
    tea = Product(
        room_id=shop.room_id,
        product_id="tea",
        title="龙井茶",
        picture_url=None,
        list_price_cents=1_990,
    )
    cup = Product(
        room_id=shop.room_id,
        product_id="cup",
        title="Cup",
        picture_url="/cup.svg",
        list_price_cents=2**40,
    )
    for product in (tea, cup, tea):
        catalogue.put_product(product)
    assert catalogue.products(shop.room_id) == [cup, tea]
    assert catalogue.product(shop.room_id, "tea") == tea
    assert catalogue.product("nowhere", "tea") is None
    assert catalogue.products("nowhere") == []


def test_a_payment_is_recorded_once_and_its_first_outcome_stands(payments: PaymentBook) -> None:
    assert payments.record("sandbox", "pay-1", "room", "hold", 990, 1)
    assert not payments.record("sandbox", "pay-1", "room", "other", 1, 2)
    assert [each.amount_cents for each in payments.unsettled(10)] == [990]
    assert payments.settle("sandbox", "pay-1", ORPHAN, 3)
    assert not payments.settle("sandbox", "pay-1", "PAID", 4)
    assert payments.unsettled(10) == []
    found = payments.payment("sandbox", "pay-1")
    assert found is not None
    assert (found.hold_id, found.outcome, found.settled_at_ms) == ("hold", ORPHAN, 3)
    assert payments.payment("another", "pay-1") is None
    assert not payments.settle("another", "pay-1", "PAID", 5)


def test_unsettled_payments_come_oldest_first(payments: PaymentBook) -> None:
    for number in (3, 1, 2):
        payments.record("sandbox", f"pay-{number}", "room", "hold", 990, number)
    assert [each.payment_id for each in payments.unsettled(2)] == ["pay-1", "pay-2"]


def test_a_payment_delivered_many_times_at_once_is_new_once(payments: PaymentBook) -> None:
    def record(_delivery: int) -> bool:
        return payments.record("sandbox", "pay-1", "room", "hold", 990, 1)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(record, range(40))).count(True) == 1
