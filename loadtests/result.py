"""The record of one run: what `run.json` holds, and all that a report is made from.

A run writes `build/loadtests/<scenario>-<UTC time>/run.json`. Times are whole seconds since the run
began (`t_s`), or milliseconds where the name says so. If you change this, also change
loadtests/report_page, which draws it.
"""

from pathlib import Path
from typing import Literal

import msgspec

from loadtests.errors import LoadError

FILE_NAME = "run.json"
BREACHES_KEPT_MAX = 20  # of one promise; `breaches_total` says how many there were

VerdictName = Literal["kept", "broken", "unproven", "exempt"]

# The events that are timed, in the order in which reports show them, and what is timed of each.
EVENT_WORDS = {
    "token": "a guest's token, over HTTP",
    "join": "socket opened and welcomed",
    "publish_to_receive": "an event published to heard by a viewer",
    "comment": "comment sent to answered",
    "like": "likes sent to answered",
    "buy": "button pressed to answered",
    "cancel": "hold given back to answered",
    "pay_page": "pay pressed to the page's address",
    "pay": "pay pressed to paid on the page",
    "paid": "paid on the page to told so in the room",
    "scalp": "an attempt at what is another's to refused",
    "host": "a host's command to answered",
    "connection": "sockets that were lost after their welcome",
}


class ResultUnreadable(LoadError):
    def __init__(self, path: Path, reason: object) -> None:
        super().__init__(f"{path} is no record of a run ({reason}); name the folder of a run")


class EventStats(msgspec.Struct, frozen=True, kw_only=True):
    """One event, in one second or in the whole run. `errors` are not among `count`; without a
    count the times are 0."""

    count: int = 0
    errors: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0


class Second(msgspec.Struct, frozen=True, kw_only=True):
    """One second of the run. Events that did not happen in it are left out."""

    t_s: int
    viewers: int  # connected, buyers and readers together
    events: dict[str, EventStats] = {}


class ErrorCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often an event failed with one code: the server's error code, or the exception's name."""

    event: str
    code: str
    count: int


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault that was made. `recovered_at_s` is None where that was not seen before the end."""

    t_s: float
    kind: str
    words: str
    recovered_at_s: float | None = None


class PromiseResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one promise. `exempt`: nothing tested it, and the scenario says why that is
    right there."""

    promise: str  # a short name, as scenario files call it
    words: str
    verdict: VerdictName
    cases: int
    breaches: list[str] = []
    breaches_total: int = 0
    exempt: str | None = None  # why the scenario says that nothing can test it there


class Fairness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether those who pressed earlier were served first. Reported, not judged: networks and
    several workers may swap people who press within milliseconds.

    Of all pairs of buyers of one sale who pressed at different times, one being held and one
    refused, `inversions_share` had it the wrong way round. `kendall_tau` compares the order of
    pressing with the order of the holds: 1 is the same order, 0 is none, -1 is reversed.
    """

    buyers: int
    pairs: int
    inversions_share: float
    kendall_tau: float | None
    worst_jump_ms: float  # how much later than a refused buyer a lucky one pressed


class SwarmResult(msgspec.Struct, frozen=True, kw_only=True):
    """The readers, all together. `promised` events are the numbered ones from each viewer's joining
    to the end; those it was told of as `skipped` are shed, not lost."""

    processes: int = 0
    viewers_max: int = 0
    promised: int = 0
    received: int = 0
    gaps: int = 0  # numbers that did not come and were not told of
    duplicates: int = 0  # numbers that came again
    skip_notices: int = 0
    skipped: int = 0  # events that notices told of
    reconnects: int = 0
    recovered: int = 0  # of those, with exactly what was missed
    restarted: int = 0  # of those, with a fresh snapshot instead
    cpu_s: float = 0.0


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    cpu_count: int
    cpu_model: str
    memory_bytes: int
    versions: dict[str, str]  # python, redis, kaibo, and of the load test itself
    commit: str | None = None


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """One run, whole."""

    scenario: str
    text: str  # the scenario in a sentence or two
    plan: dict[str, str | int | float | bool]  # its figures: viewers, buyers, units, ...
    target: str  # "own server, 2 workers", or the address that was named
    started_at_ms: int
    duration_s: float
    machine: Machine
    series: list[Second]
    totals: dict[str, EventStats]
    errors: list[ErrorCount]
    faults: list[Fault]
    findings: list[PromiseResult]
    fairness: Fairness | None
    swarm: SwarmResult
    outcome: dict[str, int]  # of the sale and its buyers: total, sold, held, paid, sold_out, ...
    generator_cpu_percent: float  # of one core, by the people; near 100 the times are their own
    server_cpu_s: float | None  # all processes of an own server, its Redis included
    verdict: Literal["kept", "broken", "unproven"]

    @property
    def exit_status(self) -> int:
        """0 every promise was kept, 1 one was broken or not tested."""
        return 0 if self.verdict == "kept" else 1


def write_result(folder: Path, result: RunResult) -> Path:
    """Into `folder`, which is made; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    return path


def read_result(place: Path) -> RunResult:
    """The record in a run's folder, or in a file that is named itself. Raises ResultUnreadable."""
    path = place / FILE_NAME if place.is_dir() else place
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunResult)
    except (OSError, msgspec.DecodeError) as error:
        raise ResultUnreadable(path, error) from error
