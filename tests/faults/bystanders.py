"""What a fault must leave alone: another room, whose host talks and whose viewer listens all the
while. Afterwards nobody has waited long, no comment is missing, no offset is skipped, and the
server's memory is what it was, give or take.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

from server.jobs import end
from tests.harness import Client, LiveServer, open_room

TALK_INTERVAL_S = 0.05
COMMENTS_MIN = 5
WAIT_S_MAX = 2.0  # slack for a busy machine; attacks that work take the server 10 s and more
GROWTH_BYTES_MAX = 48 * 2**20


def memory_bytes(server: LiveServer) -> int:
    """The resident memory of the server's process."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kilobytes) * 1024


class Bystanders:
    """A host who talks until told to stop, and a viewer."""

    def __init__(self, host: Client, viewer: Client) -> None:
        self._host = host
        self._viewer = viewer
        self._stop = asyncio.Event()
        self.said: list[str] = []
        self.waits_s: list[float] = []

    async def talk(self) -> None:
        while not self._stop.is_set() or len(self.said) < COMMENTS_MIN:
            text = f"comment {len(self.said)}"
            asked_at_s = time.monotonic()
            await self._host.ask("comment", text=text)
            self.waits_s.append(time.monotonic() - asked_at_s)
            self.said.append(text)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), TALK_INTERVAL_S)

    async def listen(self) -> None:
        """As any viewer does; one that does not read would be taken for dead."""
        while True:
            await self._viewer.receive()

    async def are_well(self, talking: asyncio.Task[None], listening: asyncio.Task[None]) -> None:
        """They were served all the while, and are served now."""
        self._stop.set()
        await talking
        await end({listening})
        await self._viewer.event(
            "comment", where=lambda body: body["comment"]["text"] == self.said[-1]
        )
        heard = [event for event in self._viewer.events if event[0] == "comment"]
        assert [body["comment"]["text"] for _, _, body in heard] == self.said
        offsets = [offset for _, offset, _ in self._viewer.events if offset is not None]
        assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))
        assert max(self.waits_s) < WAIT_S_MAX


@contextlib.asynccontextmanager
async def bystanders(
    server: LiveServer, growth_bytes_max: int = GROWTH_BYTES_MAX
) -> AsyncIterator[None]:
    """Another room lives on while the block does its harm."""
    room = await open_room(server)
    async with (
        server.client(room, server.token(room, "host")) as host,
        server.client(room, await server.guest(room)) as viewer,
    ):
        people = Bystanders(host, viewer)
        before_bytes = memory_bytes(server)
        talking = asyncio.create_task(people.talk())
        listening = asyncio.create_task(people.listen())
        try:
            yield
            await people.are_well(talking, listening)
        finally:
            talking.cancel()
            listening.cancel()
    assert memory_bytes(server) - before_bytes < growth_bytes_max
