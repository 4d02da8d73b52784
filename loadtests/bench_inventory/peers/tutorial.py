"""The same sale as a tutorial would build it: Starlette, redis-py, one EVALSHA for each purchase.

It promises less than Kaibo: no ledger in SQL, no room that hears of the stock, no payment.
"""

import argparse

import msgpack
from redis.asyncio import BlockingConnectionPool, Redis
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from loadtests.bench.peers import asgi
from loadtests.bench_inventory.scalar import SCALAR_KEYS, SCALAR_LUA

KEYS = [f"tutorial:{{room}}:{name}" for name in SCALAR_KEYS]
UNITS = 10**9
CONNECTIONS_MAX = 50


class Shop:
    """One sale in Redis."""

    def __init__(self, redis_url: str) -> None:
        # Without a bound of its own, redis-py refuses whoever asks when its pool is in use.
        pool = BlockingConnectionPool.from_url(
            redis_url, max_connections=CONNECTIONS_MAX, timeout=None
        )
        self._redis = Redis(connection_pool=pool)
        self._sha1 = ""
        self._buyers = 0

    async def endpoint(self, socket: WebSocket) -> None:
        await socket.accept()
        if not self._sha1:
            self._sha1 = await self._redis.script_load(SCALAR_LUA)
            await self._redis.hset(KEYS[0], "sale", UNITS)
        self._buyers += 1
        buyer = f"buyer-{self._buyers}"
        try:
            while True:
                await self._sell(socket, buyer, await socket.receive_bytes())
        except WebSocketDisconnect:
            pass

    async def _sell(self, socket: WebSocket, buyer: str, message: bytes) -> None:
        _, number, body = msgpack.unpackb(message)
        [line] = body["lines"]
        deadline_ms = await self._redis.evalsha(
            self._sha1,
            len(KEYS),
            *KEYS,
            body["reservation_id"],
            buyer,
            line["sale_id"],
            line["quantity"],
            10**6,
            120_000,
        )
        kind = "reply" if deadline_ms > 0 else "error"
        await socket.send_bytes(msgpack.packb([kind, number, {"deadline_ms": deadline_ms}]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--redis", required=True)
    shop = Shop(parser.parse_args().redis)
    asgi.serve(Starlette(routes=[WebSocketRoute("/", shop.endpoint)]))


if __name__ == "__main__":
    main()
