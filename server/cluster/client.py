"""A Redis Cluster as one `Redis`: every command goes to the primary that has its key's slot.

The servers are ordinary clients, one each. What is ours is the routing: MOVED and ASK mean that the
command was not run, so it is sent on; a lost connection means that nobody knows, so it is the
caller's to retry by its id, and the map is read anew in the background. A server that is away
concerns the rooms in its slots and no others. Why redis-py's own is not used: decision 6.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import AskError, ClusterDownError, MovedError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from server import jobs
from server.cluster.pipeline import ClusterPipeline
from server.cluster.slots import SlotMap, key_in, slot_of
from server.redis_url import Address

log = logging.getLogger("kaibo.cluster")

REDIRECTS_MAX = 5
ASKED_MAX = 5  # servers asked for the map at once; the first answer is taken
REFRESH_TIMEOUT_S = 5.0
REFRESH_PAUSE_S = 0.2  # between two readings of the map, while commands fail
SHARDED_SINCE = 7  # the first Redis with SPUBLISH and SSUBSCRIBE


class NotCovered(RedisConnectionError):
    """No server has the slot now: a part of the Cluster is down."""


class ClusterRedis(Redis):
    """`connect` makes the client of one server. Call `refresh` before anything else."""

    def __init__(self, seeds: Sequence[Address], connect: Callable[[Address], Redis]) -> None:
        self._connect = connect
        self._servers = {address: connect(address) for address in seeds}
        self._seeds = tuple(seeds)
        self._slots = SlotMap()
        self._refreshing: asyncio.Task[None] | None = None
        self.is_sharded = False  # whether every server knows sharded publish and subscribe
        # The pool is for redis-py's looks only: encoding and protocol, which all servers share.
        super().__init__(connection_pool=self._servers[seeds[0]].connection_pool)

    def __repr__(self) -> str:
        return f"<ClusterRedis {self._slots!r}>"

    async def execute_command(self, *command: Any, **options: Any) -> Any:
        """Raises what redis-py raises; whether a command that failed to be answered was run, nobody
        knows."""
        key = key_in(command)
        if key is None:
            return await self._any_answer(command, options)
        slot = slot_of(key)
        server: Any = self._primary(slot)
        for _ in range(REDIRECTS_MAX):
            try:
                return await server.execute_command(*command, **options)
            except MovedError as moved:
                server = self.moved(slot, moved)
            except AskError as ask:
                return await self._asking(ask, command, options)
            except RedisError as error:
                self.failed(error)
                raise
        raise NotCovered("the Cluster keeps sending this command on; it is being changed")

    async def _asking(self, ask: AskError, command: Sequence[Any], options: dict[str, Any]) -> Any:
        """The slot is on its way elsewhere and this key is there already. ASKING is for the next
        command of the same connection, so both go in one pipeline."""
        pipe = self._server(Address(ask.host, ask.port)).pipeline(transaction=False)
        pipe.execute_command("ASKING")
        pipe.execute_command(*command, **options)
        return (await pipe.execute())[1]

    async def _any_answer(self, command: Sequence[Any], options: dict[str, Any]) -> Any:
        """One of the primaries': enough of a Cluster stands if one does."""
        servers: list[Any] = [self._server(address) for address in self._slots.primaries()]
        asked = [server.execute_command(*command, **options) for server in servers]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        failures = [answer for answer in answers if isinstance(answer, BaseException)]
        for failure in failures:
            self.failed(failure)
        if len(failures) == len(answers):
            raise failures[0] if failures else NotCovered("no server of the Cluster is known")
        return next(answer for answer in answers if not isinstance(answer, BaseException))

    def pipeline(
        self,
        transaction: bool = True,
        shard_hint: str | None = None,  # noqa: ARG002 - redis-py's signature
    ) -> ClusterPipeline:
        """Commands of several rooms may be in one that is no transaction."""
        return ClusterPipeline(self, is_transaction=transaction)

    def pubsub(self, **_: Any) -> Any:
        raise TypeError("subscriptions are a server's: node_of(channel).pubsub()")

    def node_of(self, key: str) -> Redis:
        """The client of the primary that has `key`. Raises NotCovered."""
        return self._primary(slot_of(key))

    def _primary(self, slot: int) -> Redis:
        address = self._slots.primary_of(slot)
        if address is None:
            self.refresh_soon()
            raise NotCovered(f"no server of the Cluster has slot {slot} now")
        return self._server(address)

    def _server(self, address: Address) -> Redis:
        if address not in self._servers:
            self._servers[address] = self._connect(address)
        return self._servers[address]

    def moved(self, slot: int, moved: MovedError) -> Redis:
        """Take what a MOVED answer says; returns the client of the server it names."""
        if not moved.host:  # a server that does not know its own address: ask for the map
            self.refresh_soon()
            raise NotCovered(f"slot {slot} has moved to a server without an address") from moved
        self._slots.move(slot, Address(moved.host, moved.port))
        return self._primary(slot)

    def failed(self, error: BaseException) -> None:
        """If the failure may mean that another server is the primary now, look."""
        if isinstance(error, OSError | RedisConnectionError | RedisTimeoutError | ClusterDownError):
            self.refresh_soon()

    def refresh_soon(self) -> None:
        """Read the map in the background, unless that is being done."""
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refresh_later(), name="cluster map")

    async def _refresh_later(self) -> None:
        await asyncio.sleep(REFRESH_PAUSE_S)
        try:
            await self.refresh()
        except (RedisError, OSError) as error:
            log.warning("the Cluster's map cannot be read: %s", error)

    async def refresh(self) -> None:
        """Read the map from whichever server answers first. Raises RedisError if none does."""
        known = self._slots.primaries() | self._slots.replicas | set(self._seeds)
        asked = random.sample(sorted(known), min(len(known), ASKED_MAX))
        host, ranges = await _first([self._ranges(address) for address in asked])
        self._slots.read(ranges, host)
        await self._forget_servers()

    async def _ranges(self, address: Address) -> tuple[str, Any]:
        server: Any = self._server(address)
        ranges = await server.execute_command("CLUSTER", "SLOTS")
        if not ranges:
            raise NotCovered(f"{address} knows of no slots")
        return address.host, ranges

    async def _forget_servers(self) -> None:
        """Close the clients of servers that are no longer of the Cluster."""
        kept = self._slots.primaries() | self._slots.replicas | set(self._seeds)
        for address in self._servers.keys() - kept:
            await self._servers.pop(address).aclose()

    async def look_at_versions(self) -> None:
        """Whether all primaries are new enough for sharded publish and subscribe."""
        servers = [self._server(address) for address in self._slots.primaries()]
        infos: list[Any] = await asyncio.gather(*(server.info("server") for server in servers))
        majors = [int(info["redis_version"].partition(".")[0]) for info in infos]
        self.is_sharded = min(majors) >= SHARDED_SINCE

    async def aclose(
        self,
        close_connection_pool: bool | None = None,  # noqa: ARG002 - redis-py's signature
    ) -> None:
        if self._refreshing is not None:
            await jobs.end({self._refreshing})
        for server in self._servers.values():
            await server.aclose()


async def _first(askings: Sequence[Awaitable[tuple[str, Any]]]) -> tuple[str, Any]:
    """The first that succeeds; raises the last failure if none does in time."""
    failure: Exception = RedisTimeoutError("no server of the Cluster answers in time")
    tasks = [asyncio.ensure_future(asking) for asking in askings]
    try:
        for each in asyncio.as_completed(tasks, timeout=REFRESH_TIMEOUT_S):
            try:
                return await each
            except (RedisError, OSError) as error:
                failure = error
    finally:
        for task in tasks:  # cancelled at most: what they still answer is not needed
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    raise failure
