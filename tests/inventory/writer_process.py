"""A ledger writer alone in a process, for tests that kill one: what the server runs as a job.

`python tests/inventory/writer_process.py <Redis socket> <database URL>` follows all rooms for ever.
"""

import asyncio
import sys

from redis.asyncio import Redis

from inventory.ledger.catalogue import Catalogue
from inventory.ledger.engine import open_engine
from inventory.ledger.ledger import Ledger
from inventory.ledger.writer import LedgerWriter
from inventory.redis_store.outbox import Outbox


async def follow(socket_path: str, database_url: str) -> None:
    engine = open_engine(database_url)
    async with Redis(unix_socket_path=socket_path) as redis:
        writer = LedgerWriter(Outbox(redis), Ledger(engine), Catalogue(engine))
        await writer.run()


if __name__ == "__main__":
    asyncio.run(follow(*sys.argv[1:]))
