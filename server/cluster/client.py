"""A Redis Cluster as one `Redis`: every command goes to the primary that has its key's slot.

The servers are ordinary clients, one each. What is ours is the routing: MOVED and ASK mean that the
command was not run, so it is sent on; a lost connection means that nobody knows, so it is the
caller's to retry by its id, and the map is read anew in the background. A server that is away
concerns the rooms in its slots and no others. Why redis-py's own is not used: decision 6.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Sequence
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
REFRESH_PAUSE_S = 0.2  # between two readings of the map, while commands fail
SILENT_S = 1.0  # how long a server that did not answer in time is not asked again
SHARDED_SINCE = 7  # the first Redis with SPUBLISH and SSUBSCRIBE


class NotCovered(RedisConnectionError):
    """No server has the slot now: a part of the Cluster is down."""


class ServerSilent(RedisConnectionError):
    """A server did not answer in time a moment ago; nobody waits for it again just now."""


class ClusterRedis(Redis):
    """`connect` makes the client of one server. Call `refresh` before anything else."""

    def __init__(self, seeds: Sequence[Address], connect: Callable[[Address], Redis]) -> None:
        self._connect = connect
        self._servers = {address: connect(address) for address in seeds}
        self._seeds = tuple(seeds)
        self._slots = SlotMap()
        self._silent_until_s: dict[Redis, float] = {}
        self._refreshing: asyncio.Task[None] | None = None
        self._askings: set[asyncio.Task[Any]] = set()
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
                self.failed(server, error)
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
        """The first of the primaries': enough of a Cluster stands if one does."""
        servers: list[Any] = [self._server(address) for address in self._slots.primaries()]
        return await self._first(
            [server.execute_command(*command, **options) for server in servers]
        )

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
        server = self._server(address)
        if server in self._silent_until_s and self._silent_until_s[server] > _now_s():
            raise ServerSilent(f"{address} did not answer a moment ago")
        return server

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

    def failed(self, server: Redis, error: BaseException) -> None:
        """If the failure may mean that another server is the primary now, look. So that loops over
        rooms get past the silent server's, its commands fail at once for a moment."""
        if isinstance(error, RedisTimeoutError):
            self._silent_until_s[server] = _now_s() + SILENT_S
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
        host, ranges = await self._first([self._ranges(address) for address in asked])
        self._slots.read(ranges, host)
        await self._forget_servers()

    async def _ranges(self, address: Address) -> tuple[str, Any]:
        server: Any = self._server(address)
        ranges = await server.execute_command("CLUSTER", "SLOTS")
        if not ranges:
            raise NotCovered(f"{address} knows of no slots")
        return address.host, ranges

    async def _first(self, askings: Sequence[Coroutine[Any, Any, Any]]) -> Any:
        """The first answer; raises the last failure if there is none in time. The others are left
        to end by their own time: to cancel them would cost their connections."""
        failure: Exception = NotCovered("no server of the Cluster is known")
        tasks = [asyncio.create_task(asking) for asking in askings]
        for task in tasks:
            self._askings.add(task)
            task.add_done_callback(self._asked)
        for each in asyncio.as_completed(tasks):
            try:
                return await each
            except (RedisError, OSError) as error:
                failure = error
        raise failure

    def _asked(self, task: "asyncio.Task[Any]") -> None:
        self._askings.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited has it, if anybody did

    async def _forget_servers(self) -> None:
        """Close the clients of servers that are no longer of the Cluster."""
        kept = self._slots.primaries() | self._slots.replicas | set(self._seeds)
        for address in self._servers.keys() - kept:
            server = self._servers.pop(address, None)
            if server is not None:
                self._silent_until_s.pop(server, None)
                await server.aclose()

    async def look_at_versions(self) -> None:
        """Whether the primaries are new enough for sharded publish and subscribe: those that
        answer, at least one. Raises RedisError."""
        servers = [self._server(address) for address in self._slots.primaries()]
        asked = (server.info("server") for server in servers)
        infos: list[Any] = await asyncio.gather(*asked, return_exceptions=True)
        found = [info for info in infos if not isinstance(info, BaseException)]
        if not found:
            raise infos[0]
        majors = [int(info["redis_version"].partition(".")[0]) for info in found]
        self.is_sharded = min(majors) >= SHARDED_SINCE

    async def aclose(
        self,
        close_connection_pool: bool | None = None,  # noqa: ARG002 - redis-py's signature
    ) -> None:
        if self._refreshing is not None:
            await jobs.end({self._refreshing})
        for asking in self._askings:
            asking.cancel()
        for server in self._servers.values():
            await server.aclose()


def _now_s() -> float:
    return asyncio.get_running_loop().time()
