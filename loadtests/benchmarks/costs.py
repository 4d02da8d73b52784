"""What one viewer, event and purchase cost, for `kaibo capacity`, from three reports.

What no benchmark measures is kept as it stands in the file. If you change a field here, also change
server/capacity/costs.py.
"""

import json
import statistics
from pathlib import Path
from typing import Any

from loadtests.bench.subjects import OURS
from loadtests.errors import LoadError

PATH = Path(__file__).resolve().parents[2] / "server" / "capacity" / "costs.json"
EVENTS_IN_BURST = 10
EVENT_US_MIN = 0.01
WORKER_BYTES_MIN = 20e6


def write(rooms: Path, inventory: Path, whole: Path, date: str, path: Path) -> None:
    """Renew the file at `path` from three reports. Raises LoadError where one lacks a part."""
    reports = [json.loads(each.read_text("utf-8")) for each in (rooms, inventory, whole)]
    path.parent.mkdir(parents=True, exist_ok=True)
    before = json.loads((path if path.exists() else PATH).read_text("utf-8"))
    try:
        found = costs(before["costs"], *(report["results"] for report in reports))
    except (LookupError, ValueError) as error:
        raise LoadError(f"the costs stay as they were, a report lacks a part: {error!r}") from error
    machine = reports[0]["machine"]
    kept = {
        "machine": f"{machine['cpu']}, {machine['cores']} cores",
        "python": machine["python"],
        "date": date,
        "is_full": all(report["is_full"] for report in reports),
        "costs": found,
    }
    path.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")


def costs(before: dict[str, float], rooms: Any, inventory: Any, whole: Any) -> dict[str, float]:
    """The costs by name, each with the three figures that are known of it."""
    found = before | _of_rooms(rooms) | _of_purchases(inventory)
    course = _ours(whole["courses"])
    people = (course["viewers"] + course["buyers"]) / 2  # of the larger worker, about
    alone = course["worker_bytes"] - people * found["viewer_bytes"]
    found["worker_bytes"] = max(alone, WORKER_BYTES_MIN)
    return {name: float(f"{value:.3g}") for name, value in found.items()}


def _of_rooms(rooms: Any) -> dict[str, float]:
    prices = _ours(rooms["fanout"])
    single_us, burst_us = prices["single"]["us"], prices["burst"]["us"]
    storms = [storm["lasted_s"] / storm["viewers"] for storm in rooms["reconnect"]]
    more_us = (EVENTS_IN_BURST * burst_us - single_us) / (EVENTS_IN_BURST - 1)
    return {
        "write_us": single_us,
        "event_us": max(more_us, EVENT_US_MIN),
        "join_us": 1e6 * statistics.median(storms),
        "viewer_bytes": _ours(rooms["memory"])["bytes_per_viewer"],
        "event_bytes": prices["burst"]["frame_bytes"],
        "viewers_per_worker": max(size["viewers"] for size in rooms["growth"]),
    }


def _of_purchases(inventory: Any) -> dict[str, float]:
    sold = _ours(inventory["sold"])
    return {
        "purchase_us": sold["server_us"],
        "redis_purchase_us": sold["redis_us"],
        "sql_purchases_per_s": sold["per_s_in_sql"],
        "redis_hold_bytes": inventory["growth"][-1]["bytes_per_hold"],
    }


def _ours(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {each["subject"]: each for each in found}[OURS]
