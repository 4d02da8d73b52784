"""Which server is the primary of each of a Cluster's 16384 slots, as far as we know. Pure.

The map comes whole from CLUSTER SLOTS and is patched by what MOVED says. It may be wrong at any
time: a server that is asked for a slot that it has not says where the slot is.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from server.redis_url import Address

# Where a command has its first key, if not right after its name.
_KEY_AT = {"EVAL": 3, "EVALSHA": 3, "FCALL": 3}
_KEYLESS = {"PING", "TIME", "INFO", "WAIT", "CONFIG GET"}


def slot_of(key: str | bytes) -> int:
    """All keys with the same words in braces have the same slot."""
    return key_slot(key.encode() if isinstance(key, str) else key)


def key_in(command: Sequence[Any]) -> str | bytes | None:
    """The first key of a command; None if it has none, and any server may answer it.

    All keys of one command are of one room, so the first tells for all; Redis refuses what is not.
    """
    name = str(command[0]).upper()
    if name in _KEYLESS:
        return None
    if name == "XREAD":
        at = [word in ("STREAMS", b"STREAMS") for word in command].index(True) + 1
    else:
        at = _KEY_AT.get(name, 1)
    key: str | bytes = command[at]
    return key


class SlotMap:
    """The primaries by slot, and the other servers of the Cluster."""

    def __init__(self) -> None:
        self._primaries: list[Address | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        self.replicas: frozenset[Address] = frozenset()

    def __repr__(self) -> str:
        return f"<SlotMap {sorted(map(str, self.primaries()))}>"

    def primary_of(self, slot: int) -> Address | None:
        """None: no server has the slot, as far as we know."""
        return self._primaries[slot]

    def primaries(self) -> frozenset[Address]:
        return frozenset(address for address in set(self._primaries) if address)

    def move(self, slot: int, address: Address) -> None:
        """What a MOVED answer said."""
        self._primaries[slot] = address

    def read(self, ranges: Iterable[Sequence[Any]], asked_host: str) -> None:
        """Take what CLUSTER SLOTS answered: [first, last, primary, replica...] each.

        A server that does not know its own address gives an empty host: it is the one we asked.
        """
        primaries: list[Address | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        replicas: set[Address] = set()
        for first, last, *servers in ranges:
            found = [_address(server, asked_host) for server in servers]
            primaries[first : last + 1] = [found[0]] * (last + 1 - first)
            replicas.update(found[1:])
        self._primaries = primaries
        self.replicas = frozenset(replicas) - self.primaries()


def _address(server: Sequence[Any], asked_host: str) -> Address:
    host, port = server[0], server[1]
    name = host.decode() if isinstance(host, bytes) else host
    return Address(name or asked_host, int(port))
