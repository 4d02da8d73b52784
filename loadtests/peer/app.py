"""The routes: one socket per person, and two for whoever runs the sale.

/live?buyer=NAME           {"type": "comment", "text"} and {"type": "buy", "id", "sale"}
PUT /sales/{sale}          {"units": 100}
GET /sales/{sale}/orders   what was sold, from SQLite
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from loadtests.bench_inventory.scalar import SCALAR_KEYS, SCALAR_LUA, SEEN_BEFORE
from loadtests.peer.orders import Order, Orders
from loadtests.peer.seats import Seat, Seats

KEYS = [f"peer:{{room}}:{name}" for name in SCALAR_KEYS]
STOCK = KEYS[0]
PER_BUYER_MAX = 1
HOLD_MS = 120_000
STOCK_TOLD_EVERY_S = 0.1  # everybody hears of the stock, but not of every single unit


class Shop:
    """What one worker has."""

    def __init__(self, redis_url: str, orders_path: Path) -> None:
        self._redis: Redis = Redis.from_url(redis_url)
        self._reserve = self._redis.register_script(SCALAR_LUA)
        self._orders = Orders(orders_path)
        self._seats = Seats(self._redis)
        self._sold: set[str] = set()  # sales whose stock changed since everybody heard of it

    # The socket.

    async def live(self, socket: WebSocket) -> None:
        await socket.accept()
        seat = Seat(socket, socket.query_params["buyer"])
        await socket.send_json({"type": "welcome"})
        async with self._seats.sitting(seat):
            with contextlib.suppress(WebSocketDisconnect):
                while True:
                    await self._take(seat, await socket.receive_json())

    async def _take(self, seat: Seat, message: dict[str, Any]) -> None:
        match message["type"]:
            case "comment":
                at_ms = time.time_ns() // 1_000_000
                await self._seats.tell(
                    type="comment", name=seat.buyer, text=message["text"], at_ms=at_ms
                )
            case "buy":
                await seat.socket.send_json(await self._buy(seat.buyer, message))

    async def _buy(self, buyer: str, message: dict[str, Any]) -> dict[str, Any]:
        order = Order(message["id"], message["sale"], buyer)
        arguments: list[str | int] = [order.order_id, buyer, order.sale, 1, PER_BUYER_MAX, HOLD_MS]
        answer = await self._reserve(keys=KEYS, args=arguments)
        if answer <= 0 and answer != SEEN_BEFORE:
            why = "sold out" if answer == 0 else "limit"
            return {"type": "refused", "id": order.order_id, "why": why}
        await asyncio.to_thread(self._orders.add, order)
        self._sold.add(order.sale)
        return {"type": "bought", "id": order.order_id}

    async def tell_stock(self) -> None:
        """How many are left, of what is being sold, for ever."""
        while True:
            await asyncio.sleep(STOCK_TOLD_EVERY_S)
            sold, self._sold = self._sold, set()
            for sale in sold:
                left = int(await self._redis.hget(STOCK, sale) or 0)
                await self._seats.tell(type="stock", sale=sale, left=left)

    # HTTP.

    async def put_sale(self, request: Request) -> JSONResponse:
        sale, units = request.path_params["sale"], (await request.json())["units"]
        await self._redis.hset(STOCK, sale, units)
        await self._seats.tell(type="sale", sale=sale, left=units)
        return JSONResponse({"sale": sale, "units": units})

    async def orders(self, request: Request) -> JSONResponse:
        sale = request.path_params["sale"]
        left = int(await self._redis.hget(STOCK, sale) or 0)
        found = await asyncio.to_thread(self._orders.of, sale)
        return JSONResponse({"left": left, "orders": [order._asdict() for order in found]})

    @contextlib.asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        jobs = [asyncio.create_task(job) for job in (self._seats.follow(), self.tell_stock())]
        yield
        for job in jobs:
            job.cancel()


def make_app() -> Starlette:
    shop = Shop(os.environ["PEER_REDIS_URL"], Path(os.environ["PEER_ORDERS_PATH"]))
    return Starlette(
        routes=[
            WebSocketRoute("/live", shop.live),
            Route("/sales/{sale}", shop.put_sale, methods=["PUT"]),
            Route("/sales/{sale}/orders", shop.orders),
        ],
        lifespan=shop.lifespan,
    )


app = make_app()
