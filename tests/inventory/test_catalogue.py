"""Rooms and products, and the book of payments."""

from inventory.ledger.catalogue import Catalogue, Product, Room
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
