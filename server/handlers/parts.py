"""What handlers are handed: every part they may touch, made once by app.py."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from inventory.ledger.catalogue import Catalogue
from inventory.ledger.ledger import Ledger
from inventory.ledger.lost_payments import LostPayments
from inventory.payments.host_refunds import HostRefunds
from inventory.payments.port import Provider
from inventory.receipt import Receipts
from inventory.store import Store
from rooms.broker import Broker
from rooms.likes import LikeCounter
from rooms.rate_limit import Limiter
from rooms.redis_broker.rundown import RedisRundowns
from server.counting import Counting
from server.together import Together
from server.tokens import Caller
from server.wire.commands import Reply
from server.wire.events import ErrorBody
from server.write_gate import WriteGate


@dataclass(frozen=True, kw_only=True)
class HandlerParts:
    """The stores and counters of one worker."""

    public_url: str
    store: Store
    catalogue: Catalogue
    ledger: Ledger
    provider: Provider
    host_refunds: HostRefunds
    receipts: Receipts
    lost_payments: LostPayments
    broker: Broker
    likes: LikeCounter
    comment_limiter: Limiter
    sql_writes: WriteGate
    room_limiter: Limiter
    events_kept: int
    together: Together
    counting: Counting
    rundowns: RedisRundowns


# The command's type differs per handler; the table in dispatch.py pairs them.
Handler = Callable[[HandlerParts, Caller, Any], Awaitable[Reply | ErrorBody]]
