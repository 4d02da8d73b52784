"""Who is connected to this worker, counted where a limit holds. Pure.

    a socket is accepted   enter(address): refused past the limit in all or of one address
    its user is known      sit(room, user): past the limit of one user in one room, whoever sat
                           longest must go

The newest connection of a user wins: a phone that changes networks leaves dead sockets behind, and
must not be locked out by its own ghosts.
"""

from collections import Counter
from ipaddress import IPv6Address, ip_address
from typing import Generic, NamedTuple, Self, TypeVar

from server.settings import Settings

T = TypeVar("T")


class Limits(NamedTuple):
    in_all: int  # open sockets, of HTTP and WebSocket
    per_address: int
    per_user: int  # in one room

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            in_all=settings.connections_max,
            per_address=settings.connections_per_address_max,
            per_user=settings.connections_per_user_max,
        )


class Census(Generic[T]):
    """The counts of one worker; `T` is a connection."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_network: Counter[str] = Counter()
        self._in_all = 0
        self._seats: dict[tuple[str, str], list[T]] = {}

    def __repr__(self) -> str:
        return f"<Census {self._in_all} sockets, {len(self._seats)} users>"

    def enter(self, address: str) -> bool:
        """Count a socket from `address`, unless there are too many; `leave` undoes it."""
        network = network_of(address)
        limits = self._limits
        if self._in_all >= limits.in_all or self._by_network[network] >= limits.per_address:
            return False
        self._by_network[network] += 1
        self._in_all += 1
        return True

    def leave(self, address: str) -> None:
        network = network_of(address)
        self._in_all -= 1
        self._by_network[network] -= 1
        if not self._by_network[network]:
            del self._by_network[network]

    def sit(self, room_id: str, user_id: str, who: T) -> T | None:
        """Count `who` among a user's connections to a room; returns the one that must go."""
        seats = self._seats.setdefault((room_id, user_id), [])
        seats.append(who)
        return seats.pop(0) if len(seats) > self._limits.per_user else None

    def rise(self, room_id: str, user_id: str, who: T) -> None:
        """`who` is gone, whether or not it had to."""
        seats = self._seats.get((room_id, user_id), [])
        if who in seats:
            seats.remove(who)
        if not seats:
            self._seats.pop((room_id, user_id), None)


def network_of(address: str) -> str:
    """What one client controls: an IPv4 address, or the 64-bit prefix of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address  # gone before it was asked, or no internet address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return parsed.exploded[:19]
