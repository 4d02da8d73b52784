"""The answer is lost after the command was carried out: between Redis and us, or between us and the
buyer. Whoever asks again with the same id gets the first answer, and nothing happens twice.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loadtests.faults.lossy_proxy import LossyProxy
from tests.faults.market import Market
from tests.harness import LiveServer, new_id
from tests.redis_nodes import Node, binaries, store_options


@pytest.fixture
def node(tmp_path: Path) -> Node:
    node = Node(next(iter(binaries().values())), tmp_path, *store_options())
    node.start()
    return node


@pytest.fixture
async def proxy(node: Node) -> AsyncIterator[LossyProxy]:
    async with LossyProxy(node.port) as proxy:
        yield proxy
    node.kill()


@pytest.fixture
async def market(tmp_path: Path, node: Node, proxy: LossyProxy) -> AsyncIterator[Market]:
    """A sale of five units, whose server reaches its Redis through the proxy."""
    url = f"redis://127.0.0.1:{proxy.port}/0"
    server = LiveServer(tmp_path / "data", KAIBO_REDIS_URL=url)
    await asyncio.to_thread(server.start)  # the proxy must work meanwhile
    async with await Market.open(server, 5) as market:
        yield market
    assert await asyncio.to_thread(server.stop) == 0


async def test_a_reservation_whose_answer_is_lost_is_made_once(
    market: Market, proxy: LossyProxy
) -> None:
    ann, mine = market.buyer(), new_id()
    proxy.lose(mine)
    answer = await market.reserve(ann, mine)  # asks again when it is told UNAVAILABLE
    assert (answer.code, answer.replayed, proxy.lost) == ("HELD", True, 1)
    assert await market.stock() == (4, 1, 0)
    assert (await market.reserve(ann)).code == "USER_LIMIT"
    await market.audit()


async def test_a_cancellation_whose_answer_is_lost_is_made_once(
    market: Market, proxy: LossyProxy
) -> None:
    ann, mine = market.buyer(), new_id()
    await market.reserve(ann, mine)
    proxy.lose(mine)
    await market.cancel(ann, mine)
    assert (await market.state(ann, mine), proxy.lost) == ("cancelled", 1)
    assert await market.stock() == (5, 0, 0)
    await market.audit()


async def test_a_payment_whose_answer_is_lost_is_settled_once(
    market: Market, proxy: LossyProxy
) -> None:
    ann, mine = market.buyer(), new_id()
    await market.reserve(ann, mine)
    proxy.lose("pay_lost")
    await market.report(mine, "pay_lost")
    assert (await market.state(ann, mine), proxy.lost) == ("paid", 1)
    assert await market.stock() == (4, 0, 1)
    await market.report(mine, "pay_lost")
    await market.audit()  # which waits until the payment has its outcome


async def test_a_restock_whose_answer_is_lost_is_made_once(
    market: Market, proxy: LossyProxy
) -> None:
    restock_id = new_id()
    body = {"restock_id": restock_id, "units": 3}
    proxy.lose(restock_id)
    answer = await market.call(market.host, "POST", "/sales/flash/restock", body)
    assert (answer.is_success, proxy.lost) == (True, 1), answer.text
    assert await market.stock() == (8, 0, 0)
    await market.audit()


async def test_nothing_is_sold_twice_while_answers_get_lost_all_the_time(
    market: Market, proxy: LossyProxy
) -> None:
    proxy.lose("flash", times=25)
    await market.trade(12, lambda: proxy.lost >= 25)
    await market.is_whole()


async def test_a_buyer_who_lost_the_connection_before_the_answer_gets_it_again(
    live_server: LiveServer,
) -> None:
    port = int(live_server.url.rsplit(":", 1)[1])
    async with await Market.open(live_server, 3) as market, LossyProxy(port) as proxy:
        ann, mine = market.buyer(), new_id()
        direct, live_server.url = live_server.url, f"http://127.0.0.1:{proxy.port}"
        try:
            proxy.lose(mine)
            answer = await market.reserve(ann, mine)
        finally:
            live_server.url = direct
        assert (answer.code, answer.replayed, proxy.lost) == ("HELD", True, 1)
        assert await market.stock() == (2, 1, 0)
        await market.audit()
