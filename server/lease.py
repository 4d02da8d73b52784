"""A lease in Redis: of all workers, one does what needs doing once (ledger, relay, sweeper).

Nothing depends on it being exact: every such job is harmless when two do it. It saves the work of
doing it N times. A holder that dies is replaced when its lease runs out.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server import jobs

log = logging.getLogger("kaibo.lease")

LEASE_MS = 5_000
RENEW_EVERY_S = 1.0

# Extends or takes a lease: KEYS 1 the lease; ARGV 1 who asks, 2 for how many ms. Returns 1 if it
# is the asker's now.
_HOLD = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
# Gives a lease up, if it is still the asker's.
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Lease:
    """`holder`'s claim to the lease `name`."""

    def __init__(self, redis: "Redis", name: str, holder: str) -> None:
        self._redis = redis
        self._key = f"kaibo:lease:{name}"
        self._holder = holder

    async def hold(self) -> bool | None:
        """Take or extend it: True if it is ours, False if another's, None if nobody can tell."""
        try:
            held = await self._redis.eval(_HOLD, 1, self._key, self._holder, LEASE_MS)
        except (RedisError, OSError) as error:
            log.warning("the lease cannot be asked for: %s", error)
            return None
        return bool(held)

    async def release(self) -> None:
        """Give it up at once, so that the next holder need not wait."""
        try:
            await self._redis.eval(_RELEASE, 1, self._key, self._holder)
        except (RedisError, OSError) as error:
            log.info("the lease runs out by itself: %s", error)


async def while_held(
    lease: Lease, inner: Mapping[str, jobs.Job], done_elsewhere: Sequence[Callable[[], None]]
) -> None:
    """Run `inner` whenever, and only while, the lease is held; until cancelled.

    While nobody can tell whose it is, whoever has it goes on: in a Cluster only the lease's own
    server may be away, and the rooms of others want their jobs done. `done_elsewhere` is called
    while another worker holds the lease: what they watch is not failing then, only not ours.
    """
    async with AsyncExitStack() as release:
        release.push_async_callback(lease.release)
        while True:
            while not (held := await lease.hold()):
                if held is False:
                    for note in done_elsewhere:
                        note()
                await asyncio.sleep(RENEW_EVERY_S)
            async with jobs.running(inner):
                while await lease.hold() is not False:
                    await asyncio.sleep(RENEW_EVERY_S)
            log.warning("another worker holds the lease now")
