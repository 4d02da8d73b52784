"""The demo's content, put through the real commands into a real Redis and SQLite."""

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from inventory.payments.sandbox.provider import SandboxProvider
from rooms.likes import LikeCounter
from rooms.redis_broker.broker import RedisBroker
from server.app import Stores, make_dispatcher, open_stores
from server.clock import now_ms
from server.demo import DEMO_ROOM_ID, HOST, PICTURES, PICTURES_URL, PRODUCTS, Handle, seed
from server.settings import Settings
from server.together import together_on
from server.wire.commands import EndSale, Reply, StartSale


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[Stores]:
    async with open_stores(Settings(data_dir=str(tmp_path))) as opened:
        yield opened


@pytest.fixture
def handle(stores: Stores) -> Handle:
    broker = RedisBroker(stores.redis, events_kept=100)
    provider = SandboxProvider(stores.engine, "", "", b"k" * 32)
    return make_dispatcher(
        stores, broker, provider, "", LikeCounter(), together_on(stores.redis)
    ).handle


async def test_seeding_twice_leaves_one_sale_ready_to_start(stores: Stores, handle: Handle) -> None:
    first = await seed(handle, now_ms)
    assert await seed(handle, now_ms) == first
    assert first.starts_at_ms is None
    assert first.available == first.total == 30
    assert len(await stores.store.pools(DEMO_ROOM_ID)) == 1


async def test_a_running_sale_is_kept_and_one_that_is_over_is_followed_by_another(
    handle: Handle,
) -> None:
    first = await seed(handle, now_ms)
    started = await handle(HOST, "start_sale", StartSale(first.sale_id, countdown_s=0))
    assert isinstance(started, Reply)
    assert (await seed(handle, now_ms)).sale_id == first.sale_id
    assert isinstance(await handle(HOST, "end_sale", EndSale(first.sale_id)), Reply)
    second = await seed(handle, now_ms)
    assert second.sale_id != first.sale_id
    assert second.starts_at_ms is None


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.product_id)
def test_every_product_has_a_picture_that_a_strict_page_may_show(product: object) -> None:
    url = str(getattr(product, "picture_url", ""))
    picture = ET.fromstring((PICTURES / url.removeprefix(f"{PICTURES_URL}/")).read_text())
    names = {element.tag.rpartition("}")[2] for element in picture.iter()}
    assert picture.get("aria-label")
    assert not names & {"script", "style", "image", "foreignObject"}
