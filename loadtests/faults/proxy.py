"""The lossy proxy as a process: `python -m loadtests.faults.proxy PORT`, for a server on loopback.

It prints where it listens. On its standard input it is told `lose WORD COUNT` and `slow MS`; it
answers each line with how many answers it has still to lose, and ends when that input is closed.
"""

import asyncio
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import uvloop

from loadtests.errors import LoadError
from loadtests.faults.lossy_proxy import LossyProxy


class NetworkFailed(LoadError):
    def __init__(self) -> None:
        super().__init__("the proxy that stands for the network has ended; what it said is above")


class Network:
    """The run's side of the process: the way between people and the server."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "loadtests.faults.proxy", str(urlsplit(url).port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self._line()}"

    def __repr__(self) -> str:
        return f"<Network at {self.url}>"

    def lose(self, word: str, count: int) -> None:
        self._say(f"lose {word} {count}")

    def slow(self, delay_ms: int) -> None:
        self._say(f"slow {delay_ms}")

    def left_to_lose(self) -> int:
        """How many answers."""
        return self._say("left")

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _say(self, line: str) -> int:
        assert self._process.stdin is not None
        with self._lock:  # faults that overlap: each hears its own answer
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            return self._line()

    def _line(self) -> int:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NetworkFailed
        return int(line)


async def serve(target: int) -> None:
    told = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(told), sys.stdin
    )
    async with LossyProxy(target) as proxy:
        print(proxy.port, flush=True)
        while line := await told.readline():
            obey(proxy, line.decode().split())
            print(proxy.left_to_lose, flush=True)


def obey(proxy: LossyProxy, words: list[str]) -> None:
    match words:
        case ["lose", word, count]:
            proxy.lose(word, int(count))
        case ["slow", delay_ms]:
            proxy.delay_s = int(delay_ms) / 1000


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
