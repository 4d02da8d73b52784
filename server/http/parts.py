"""What the HTTP routes are handed; `server/app.py` makes it, nothing here is global."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from inventory.ledger.catalogue import Catalogue
from inventory.ledger.lag import LagMeter
from inventory.ledger.ledger import Ledger
from inventory.ledger.refunds import RefundBook
from inventory.payments.port import Provider
from inventory.payments.settle import Settler
from inventory.redis_store.outbox import Outbox
from inventory.redis_store.verdicts import Verdicts
from inventory.store import Store
from rooms.broker import Broker
from rooms.rate_limit import TokenBucket
from rooms.redis_broker.minutes import RedisMinutes
from server.pictures import Pictures
from server.settings import Settings
from server.tokens import Caller, Tokens
from server.wire.commands import Command, Reply
from server.wire.events import ErrorBody, RoomSnapshot
from server.write_gate import WriteGate

Check = Callable[[], Awaitable[object]]  # raises when its part is not ready


class Dispatcher(Protocol):
    async def handle(self, caller: Caller, op: str, command: Command) -> Reply | ErrorBody:
        """Carry out a command that is well formed; the same one that the sockets use."""


class Snapshots(Protocol):
    async def room_snapshot(self, room_id: str) -> RoomSnapshot | None:
        """The room as it is now, or None if there is no such room."""


@dataclass(frozen=True, kw_only=True)
class HttpParts:
    """Everything the HTTP side uses of the rest of the server."""

    settings: Settings
    tokens: Tokens
    dispatcher: Dispatcher
    snapshots: Snapshots
    store: Store
    catalogue: Catalogue
    ledger: Ledger
    settler: Settler
    refunds: RefundBook
    provider: Provider
    sql_writes: WriteGate
    broker: Broker
    outbox: Outbox
    verdicts: Verdicts
    lag: LagMeter
    minutes: RedisMinutes
    pictures: Pictures
    webhook_bucket: TokenBucket
    checks: Mapping[str, Check]
    now_ms: Callable[[], int]
