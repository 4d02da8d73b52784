"""What every connection needs, handed to it as `app_state["live"]`; app.py makes it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rooms.broker import Broker, Subscriber
from rooms.hub import Hub
from server.census import Census
from server.dispatch import Dispatcher
from server.settings import Settings
from server.snapshots import Snapshots
from server.together import Together
from server.tokens import Tokens

if TYPE_CHECKING:
    from server.connection import Connection


@dataclass(frozen=True, kw_only=True)
class Live:
    """One worker's live side."""

    settings: Settings
    allowed_origins: frozenset[str]
    tokens: Tokens
    hub: Hub
    broker: Broker
    subscriber: Subscriber
    snapshots: Snapshots
    dispatcher: Dispatcher
    census: "Census[Connection]"
    together: Together
    connections: "set[Connection]" = field(default_factory=set)
