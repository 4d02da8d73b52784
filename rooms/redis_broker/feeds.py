"""The feeds of one worker: one on a single Redis, one for each server of a Cluster that has rooms.

Every wanted room is in one feed. Those that are in none, because their feed failed or because they
moved to another server, are put into the feed of the server that has them then, `RECONNECT_DELAY_S`
later, and so on until it succeeds; the others go on meanwhile.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from rooms.broker import BrokerUnavailable
from rooms.redis_broker import keys
from rooms.redis_broker.feed import Feed
from rooms.redis_broker.nodes import Nodes

log = logging.getLogger("kaibo.rooms")

RECONNECT_DELAY_S = 0.2
CANCEL_AGAIN_S = 1.0
FAILURES = (RedisError, OSError, BrokerUnavailable)


class Feeds:
    """`receive` is given each message and its room; `probe` each feed's rooms, now and then. What
    either raises ends that feed. `run()` must be running."""

    def __init__(
        self,
        nodes: Nodes,
        receive: Callable[[str, dict[str, Any]], Awaitable[None]],
        probe: Callable[[set[str]], Awaitable[None]],
    ) -> None:
        self._nodes = nodes
        self._receive = receive
        self._probe_rooms = probe
        self._wanted: set[str] = set()
        self._feeds: dict[Redis, Feed] = {}
        self._tasks: dict[Feed, asyncio.Task[None]] = {}
        self._some_homeless = asyncio.Event()

    async def add(self, room_id: str) -> None:
        """Raises RedisError or OSError; then the room is not wanted."""
        self._wanted.add(room_id)
        try:
            await self._add(self._nodes.node_of(keys.channel(room_id)), {room_id})
        except BaseException:
            self._wanted.discard(room_id)
            raise

    async def drop(self, room_id: str) -> None:
        """Raises RedisError or OSError; the room is not wanted any more all the same."""
        self._wanted.discard(room_id)
        for feed in list(self._feeds.values()):
            if room_id in feed.rooms:
                await feed.drop(room_id)

    def forget(self, room_id: str) -> None:
        """The room is not wanted any more; its feed drops it by and by."""
        self._wanted.discard(room_id)

    async def run(self) -> None:
        """Finds feeds for rooms that have none, until cancelled."""
        try:
            while True:
                await self._some_homeless.wait()
                await asyncio.sleep(RECONNECT_DELAY_S)
                self._some_homeless.clear()
                await self._house()
                if self._homeless():
                    self._some_homeless.set()
        finally:
            await self._end()

    def _homeless(self) -> set[str]:
        return self._wanted.difference(*(feed.rooms for feed in self._feeds.values()))

    async def _house(self) -> None:
        with suppress(*FAILURES):
            await self._nodes.refresh()
        by_node: dict[Redis, set[str]] = {}
        for room_id in self._homeless():
            with suppress(*FAILURES):  # no server has it now
                node = self._nodes.node_of(keys.channel(room_id))
                by_node.setdefault(node, set()).add(room_id)
        await asyncio.gather(*(self._try_add(node, rooms) for node, rooms in by_node.items()))

    async def _try_add(self, node: Redis, room_ids: set[str]) -> None:
        try:
            feed = await self._add(node, room_ids)
            for room_id in room_ids - self._wanted:  # unwanted meanwhile
                await feed.drop(room_id)
        except FAILURES as error:
            log.info("%d rooms wait for their server: %s", len(room_ids), error)

    async def _add(self, node: Redis, room_ids: set[str]) -> Feed:
        feed = self._feeds.get(node)
        if feed is None:
            feed = self._feeds[node] = Feed(node, is_sharded=self._nodes.is_sharded)
        try:
            await feed.add(room_ids)
        except BaseException:
            await self._give_up(feed)
            raise
        if feed not in self._tasks and self._feeds.get(node) is feed:
            task = asyncio.create_task(self._serve(feed), name="feed")
            self._tasks[feed] = task
            task.add_done_callback(lambda _: self._tasks.pop(feed, None))
        return feed

    async def _serve(self, feed: Feed) -> None:
        try:
            await feed.run(self._take, self._probe)
        except FAILURES as error:
            log.warning("events of %d rooms are interrupted: %s", len(feed.rooms), error)
        except Exception:
            log.exception("a feed of %d rooms failed", len(feed.rooms))
        finally:
            self._tasks.pop(feed, None)
            await self._give_up(feed)

    async def _give_up(self, feed: Feed) -> None:
        """Its rooms are homeless from now on."""
        if self._feeds.get(feed.node) is feed:
            del self._feeds[feed.node]
        self._some_homeless.set()
        task = self._tasks.get(feed)
        if task is not None:
            task.cancel()  # it closes the feed
        else:
            await feed.close()

    async def _take(self, feed: Feed, message: dict[str, Any]) -> None:
        room_id = keys.room_of(message["channel"].decode())
        if room_id not in feed.rooms:
            return  # dropped meanwhile
        if message["type"] == "sunsubscribe":  # the server says that the room has moved away
            feed.rooms.discard(room_id)
            self._some_homeless.set()
            return
        await self._receive(room_id, message)

    async def _probe(self, feed: Feed) -> None:
        for room_id in feed.rooms - self._wanted:
            await feed.drop(room_id)
        await self._probe_rooms(feed.rooms)
        for room_id in list(feed.rooms):
            if self._nodes.node_of(keys.channel(room_id)) is not feed.node:
                self._some_homeless.set()
                await feed.drop(room_id)

    async def _end(self) -> None:
        """A wait that ends at the very moment of a cancellation can swallow it (asyncio.wait_for
        before Python 3.12), so each is cancelled until it has ended."""
        while self._tasks:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.wait(list(self._tasks.values()), timeout=CANCEL_AGAIN_S)
