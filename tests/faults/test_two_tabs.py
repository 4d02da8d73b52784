"""One buyer with two tabs, and a host who changes the stock while everybody buys."""

import asyncio
import random
from collections import Counter
from pathlib import Path

from tests.faults.market import Market
from tests.harness import Client, LiveServer, Refusal, new_id, one

PRESSES = 12


async def test_two_tabs_of_one_buyer_get_one_unit(live_server: LiveServer) -> None:
    """Both press at once, again and again, by sockets; the limit is one."""
    async with await Market.open(live_server, 50) as market:
        token = market.buyer()
        async with (
            live_server.client(market.room, token) as left,
            live_server.client(market.room, token) as right,
        ):
            in_one, in_other = await asyncio.gather(presses(left), presses(right))
        assert Counter(in_one + in_other) == {"HELD": 1, "USER_LIMIT": 2 * PRESSES - 1}
        assert await market.stock() == (49, 1, 0)
        await market.audit()


async def press(tab: Client) -> str:
    try:
        await tab.ask("reserve", reservation_id=new_id(), lines=one("flash"))
    except Refusal as refusal:
        return refusal.code
    return "HELD"


async def presses(tab: Client) -> list[str]:
    return [await press(tab) for _ in range(PRESSES)]


async def test_one_press_seen_by_two_workers_is_one_hold(tmp_path: Path) -> None:
    """The same id comes from both tabs, each on whatever worker it happens to reach."""
    server = LiveServer(tmp_path / "data", KAIBO_WORKERS="2")
    server.start()
    try:
        async with await Market.open(server, 5, per_buyer_max=5) as market:
            token, mine = market.buyer(), new_id()
            answers = await asyncio.gather(*(market.reserve(token, mine) for _ in range(16)))
            assert {answer.code for answer in answers} == {"HELD"}
            assert [answer.replayed for answer in answers].count(False) == 1
            assert await market.stock() == (4, 1, 0)
            await market.audit()
    finally:
        assert server.stop() == 0


async def test_stock_that_is_changed_while_everybody_buys_adds_up(live_server: LiveServer) -> None:
    """Restocks and cuts, each sent twice, while buyers reserve, pay and cancel."""
    async with await Market.open(live_server, 10) as market:
        dice, units, steps = random.Random(7), 10, 0

        async def change_stock() -> None:
            nonlocal units, steps
            for _ in range(40):
                change = dice.choice((-4, -2, -1, 1, 2, 3))
                body = {"restock_id": new_id(), "units": change}
                path = "/sales/flash/restock"
                answers = [await market.call(market.host, "POST", path, body) for _ in range(2)]
                if answers[0].is_success:
                    units += change
                    assert answers[1].is_success, answers[1].text
                else:  # the second try may find units that came back meanwhile
                    assert answers[0].json()["code"] == "CUT_TOO_DEEP"
                    units += change if answers[1].is_success else 0
                steps += 1

        await asyncio.gather(market.trade(8, lambda: steps == 40), change_stock())
        assert sum(await market.stock()) == units
        await market.is_whole()
