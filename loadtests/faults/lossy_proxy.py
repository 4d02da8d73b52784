"""A TCP proxy of ours that loses answers: the request was carried out, and nobody hears of it.

It passes everything on, until a request has one of the words it is told to look for. Then it waits
for the answer, so that the request has been executed for certain, throws it away and breaks the
connection, as a network does. It may also be slow: then all that passes is late, both ways.
"""

import asyncio
import contextlib
from collections import Counter
from typing import Self

CHUNK_BYTES = 65_536
NOT_EXECUTED = b"-NOSCRIPT"  # Redis's answer to a script that it has to be told first


class LossyProxy:
    """Listens on `port` and forwards to `target`, both of loopback. Use as a context."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.lost = 0  # answers so far
        self.delay_s = 0.0  # of all that passes, each way
        self._target = target
        self._words: Counter[bytes] = Counter()  # how many answers to lose of each
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def lose(self, word: str, times: int = 1) -> None:
        """Loses the answers to the next requests that have the word in them."""
        self._words[word.encode()] += times

    @property
    def left_to_lose(self) -> int:
        return self._words.total()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            behind, onward = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:  # the server is away: so is this connection
            writer.transport.abort()
            return
        doomed: list[bytes] = []  # the words that this connection's requests had
        requests = asyncio.create_task(self._pass_requests(reader, onward, doomed))
        try:
            await self._pass_answers(behind, writer, doomed)
        except OSError:
            pass  # either end has gone
        finally:
            requests.cancel()
            writer.transport.abort()
            onward.transport.abort()

    async def _pass_requests(
        self, reader: asyncio.StreamReader, onward: asyncio.StreamWriter, doomed: list[bytes]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                for word in [word for word, times in self._words.items() if times and word in data]:
                    self._words[word] -= 1
                    doomed.append(word)
                await self._pass(data, onward)
        onward.transport.abort()

    async def _pass_answers(
        self, reader: asyncio.StreamReader, onward: asyncio.StreamWriter, doomed: list[bytes]
    ) -> None:
        while data := await reader.read(CHUNK_BYTES):
            if doomed and data.startswith(NOT_EXECUTED):
                self._words.update(doomed)
                doomed.clear()
            elif doomed:
                self.lost += 1
                return
            await self._pass(data, onward)

    async def _pass(self, data: bytes, onward: asyncio.StreamWriter) -> None:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        onward.write(data)
        await onward.drain()
