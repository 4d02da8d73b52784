"""What one of each thing costs, as `make bench` measured it.

costs.json is written by loadtests/benchmarks/costs.py; if you change a field here, also change
that.
"""

from pathlib import Path
from typing import Annotated, get_type_hints

import msgspec

PATH = Path(__file__).parent / "costs.json"

Cost = Annotated[float, msgspec.Meta(gt=0)]


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """Microseconds are of CPU, the kernel's work included; workers and Redis each have a core."""

    write_us: Annotated[Cost, msgspec.Meta(description="one write to one viewer")]
    event_us: Annotated[Cost, msgspec.Meta(description="one more event in the same write")]
    worker_event_us: Annotated[
        Cost,
        msgspec.Meta(description="an event that a worker reads from Redis (by a profile)"),
    ]
    join_us: Annotated[Cost, msgspec.Meta(description="one viewer coming in, in a storm of them")]
    purchase_us: Annotated[
        Cost, msgspec.Meta(description="one purchase in a worker, ledger and room included")
    ]
    redis_purchase_us: Annotated[
        Cost, msgspec.Meta(description="one purchase in Redis, what follows from it included")
    ]
    redis_publish_us: Annotated[
        Cost,
        msgspec.Meta(description="one event in Redis, for each worker that hears it (assumed)"),
    ]
    sql_purchases_per_s: Annotated[
        Cost, msgspec.Meta(description="purchases a second that the ledger writes into SQL")
    ]
    viewer_bytes: Annotated[Cost, msgspec.Meta(description="memory of a worker for one viewer")]
    worker_bytes: Annotated[Cost, msgspec.Meta(description="memory of a worker without viewers")]
    redis_hold_bytes: Annotated[Cost, msgspec.Meta(description="memory of Redis for one hold")]
    event_bytes: Annotated[Cost, msgspec.Meta(description="one comment on the wire")]
    viewers_per_worker: Annotated[
        Cost, msgspec.Meta(description="the most viewers that one worker was measured with")
    ]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """costs.json."""

    machine: str
    python: str
    date: str
    is_full: bool  # of full benchmarks on a quiet machine; else a trial
    costs: Costs


def read(path: Path = PATH) -> Measured:
    return msgspec.json.decode(path.read_bytes(), type=Measured)


def describe(kind: type[msgspec.Struct], name: str) -> str:
    """A field in words."""
    hint = get_type_hints(kind, include_extras=True)[name]
    return str(next(meta.description for meta in hint.__metadata__ if meta.description))
