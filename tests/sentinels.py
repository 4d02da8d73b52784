"""A primary with a replica, and three real Sentinels that watch them, on loopback."""

from pathlib import Path

from server.embedded.redis_binary import RedisBinary
from tests.redis_nodes import Node, store_options, until

SERVICE = "shop"
DOWN_AFTER_MS = 500
FAILOVER_TIMEOUT_MS = 3_000
QUORUM = 2


class Sentinels:
    """`primary` and `replica` are who they are at the start."""

    def __init__(self, binary: RedisBinary, folder: Path) -> None:
        words = [*store_options(), "--repl-diskless-sync-delay", "0"]
        self.primary, self.replica = (Node(binary, folder / "data", *words) for _ in range(2))
        self._watchers = [
            Node(binary, folder / "sentinels", *self._words(folder, number)) for number in range(3)
        ]

    @staticmethod
    def _words(folder: Path, number: int) -> list[str]:
        """A Sentinel wants a file of its own, which it writes to."""
        file = folder / f"sentinel-{number}.conf"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        return [str(file), "--sentinel", "--bind", "127.0.0.1"]

    @property
    def url(self) -> str:
        hosts = ",".join(node.address for node in self._watchers)
        return f"redis+sentinel://{hosts}/{SERVICE}"

    def start(self) -> None:
        self.primary.start()
        self.replica.start()
        self.replica.ask("REPLICAOF", "127.0.0.1", self.primary.port)
        until("the replica follows", self.replica.is_following)
        for node in self._watchers:
            node.start()
            node.ask("SENTINEL", "MONITOR", SERVICE, "127.0.0.1", self.primary.port, QUORUM)
            node.ask("SENTINEL", "SET", SERVICE, "down-after-milliseconds", DOWN_AFTER_MS)
            node.ask("SENTINEL", "SET", SERVICE, "failover-timeout", FAILOVER_TIMEOUT_MS)
        until("they know each other and the replica", self._all_know_all)

    def _all_know_all(self) -> bool:
        return all(
            len(self._told(node, "SENTINELS")) == len(self._watchers) - 1
            and len(self._told(node, "REPLICAS")) == 1
            for node in self._watchers
        )

    def _told(self, watcher: Node, what: str) -> list[object]:
        found = watcher.ask("SENTINEL", what, SERVICE)
        assert isinstance(found, list), found
        return found

    def until_replica_has_all(self) -> None:
        until("the replica has all", lambda: self.primary.ask("WAIT", 1, 1_000) == 1)

    def cut_replication(self) -> None:
        """The replica gets nothing from now on, until it is resumed."""
        self.replica.pause()
        self.primary.ask("CLIENT", "KILL", "TYPE", "replica")

    def stop(self) -> None:
        for node in (*self._watchers, self.primary, self.replica):
            node.kill()
