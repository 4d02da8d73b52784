"""One process of the swarm: Orders on standard input, an Account a second on standard output.

It ends after the Finish, or when its standard input is closed, as it is when the run has died.
"""

import asyncio
import contextlib
import gc
import sys

import msgspec
import uvloop

from loadtests.bench.machine import allow_files
from loadtests.swarm.crowd import Crowd
from loadtests.swarm.plan import Account, Finish, Orders

ACCOUNT_EVERY_S = 1.0
LINE_BYTES_MAX = 64 * 1024 * 1024  # the orders carry a token for every few readers


def tell(account: Account) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(account) + b"\n")
    sys.stdout.buffer.flush()


async def lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    return reader


async def follow() -> None:
    """One run's readers."""
    told = await lines()
    orders = msgspec.json.decode(await told.readline(), type=Orders)
    allow_files(max(count for _, count in orders.steps))
    crowd, stopping = Crowd(orders), asyncio.Event()
    jobs = [asyncio.create_task(crowd.run(stopping)), asyncio.create_task(account_for(crowd))]
    line = await told.readline()
    jobs[1].cancel()
    if line:
        tell(await crowd.finish(msgspec.json.decode(line, type=Finish)))
    stopping.set()
    await jobs[0]
    with contextlib.suppress(asyncio.CancelledError):
        await jobs[1]
    await crowd.close()


async def account_for(crowd: Crowd) -> None:
    while True:
        await asyncio.sleep(ACCOUNT_EVERY_S)
        tell(crowd.account())


def main() -> None:
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # readers live as long as the run: do not look through them
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(follow())


if __name__ == "__main__":
    main()
