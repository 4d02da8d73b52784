"""The run's side of the swarm: starts its processes, shares the readers among them, adds up.

A thread per process reads what it tells; under locust these are gevent's.
"""

import subprocess
import sys
import threading
from collections.abc import Sequence

import msgspec

from loadtests.errors import LoadError
from loadtests.result import SwarmResult
from loadtests.swarm.plan import Account, Finish, Orders
from loadtests.timeline import Timeline

VIEWERS_PER_PROCESS = 5_000  # so that one core's jitter does not become the server's latency
FINISH_TIMEOUT_S = 60.0


class SwarmFailed(LoadError):
    def __init__(self, number: int, status: int | None) -> None:
        super().__init__(
            f"process {number} of the swarm ended with {status}; what it said is above"
        )


class Herd:
    """The processes of one run's swarm."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._processes: list[subprocess.Popen[bytes]] = []
        self._listening: list[threading.Thread] = []
        self._finals: list[Account] = []

    def __repr__(self) -> str:
        return f"<Herd of {len(self._processes)} processes>"

    def start(self, orders: Sequence[Orders]) -> None:
        for number, each in enumerate(orders):
            process = subprocess.Popen(
                [sys.executable, "-m", "loadtests.swarm"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            self._processes.append(process)
            self._say(process, each)
            listening = threading.Thread(target=self._listen, args=(number, process), daemon=True)
            listening.start()
            self._listening.append(listening)

    def finish(self, finish: Finish) -> tuple[SwarmResult, int, int]:
        """The sum, how many readers never heard the end, and how many show an old stock.

        Raises SwarmFailed.
        """
        for process in self._processes:
            self._say(process, finish)
        for listening in self._listening:
            listening.join(FINISH_TIMEOUT_S)
        if len(self._finals) < len(self._processes):
            number = next(n for n, each in enumerate(self._processes) if each.poll() != 0)
            raise SwarmFailed(number, self._processes[number].poll())
        lagging = sum(account.lagging for account in self._finals)
        stale = sum(account.stale for account in self._finals)
        return add_up([account.total for account in self._finals]), lagging, stale

    def close(self) -> None:
        for process in self._processes:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None and process.poll() is not None:
                    pipe.close()
            if process.poll() is None:
                process.terminate()
                process.wait()

    @staticmethod
    def _say(process: "subprocess.Popen[bytes]", message: Orders | Finish) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(msgspec.json.encode(message) + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; `finish` says so

    def _listen(self, number: int, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            account = msgspec.json.decode(line, type=Account)
            self._take(number, account)
            if account.final:
                self._finals.append(account)

    def _take(self, number: int, account: Account) -> None:
        self._timeline.connected(account.t_s, f"swarm {number}", account.viewers)
        for second, events in account.times.items():
            for event, counts in events.items():
                for ms, count in counts.items():
                    self._timeline.took(second, event, ms, count)
        for second, event, code, count in account.errors:
            self._timeline.failed(second, event, code, count)


def add_up(parts: Sequence[SwarmResult]) -> SwarmResult:
    """The sum of all processes; the greatest number of viewers is the sum of theirs."""
    names = SwarmResult.__struct_fields__
    return SwarmResult(**{name: sum(getattr(part, name) for part in parts) for name in names})


def share_out(steps: Sequence[tuple[float, int]], processes: int) -> list[list[tuple[float, int]]]:
    """The same curve for each process, whose readers add up to the whole."""
    return [
        [(at_s, count // processes + (number < count % processes)) for at_s, count in steps]
        for number in range(processes)
    ]
