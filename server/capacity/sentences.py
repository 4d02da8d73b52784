"""A need in words: what to have, why, and all that was assumed. Pure."""

from collections.abc import Iterator

from server.capacity.costs import Measured
from server.capacity.need import (
    DELIVERY_BUSY_MAX,
    REDIS_BUSY_MAX,
    WORKER_BUSY_MAX,
    Audience,
    Need,
)

MB, GB = 1e6, 1e9


def report(
    audience: Audience, need: Need, measured: Measured, room_comments_per_s_max: int
) -> list[str]:
    """The whole page."""
    return [
        *_question(audience),
        "",
        *_table(audience, need),
        "",
        *_warnings(need, room_comments_per_s_max),
        "Assumed:",
        *(f"  - {each}" for each in assumptions(audience, need, room_comments_per_s_max)),
        "",
        *_source(measured),
    ]


def _question(audience: Audience) -> Iterator[str]:
    rooms = _rooms(audience.rooms)
    yield (
        f"{audience.viewers:,} viewers in {rooms}, {audience.comments:g} comments/s"
        f" written in each; {audience.buyers:,} press buy within {audience.press_s:g} s"
    )


def _rooms(count: int) -> str:
    return "one room" if count == 1 else f"{count:,} rooms"


def _table(audience: Audience, need: Need) -> Iterator[str]:
    why, least = max(need.workers_for.items(), key=lambda item: item[1])
    rows = [
        ("workers", f"{need.workers}", f"a core each: {least} for {why}, {audience.spare} spare"),
        (
            "Redis servers",
            f"{need.redis_shards}",
            f"a core each; the busiest room takes {need.redis_room_busy:.0%} of one",
        ),
        (
            "cores",
            f"{need.workers + need.redis_shards + 1}",
            "workers and Redis, and one for SQL and the system",
        ),
        (
            "memory",
            _size(need.memory_bytes),
            f"workers, and {_size(need.redis_memory_bytes)} in Redis; have twice that for sockets",
        ),
        (
            "network",
            f"{need.egress_bytes_per_s * 8 / 1e9:.2f} Gbit/s",
            f"out, {need.events_per_s:g} events/s in {need.writes_per_s:g} packets/s to each",
        ),
        ("answers", f"{need.answer_s:.1f} s", "until the last who pressed has an answer"),
        ("orders", f"{need.sql_s:.0f} s", "until the last purchase is in SQL, if all get one"),
    ]
    for name, value, words in rows:
        yield f"  {name:14} {value:>14}   {words}"


def _size(size_bytes: float) -> str:
    return f"{size_bytes / GB:.1f} GB" if size_bytes >= GB else f"{size_bytes / MB:.0f} MB"


def _warnings(need: Need, room_comments_per_s_max: int) -> Iterator[str]:
    found = list(_troubles(need, room_comments_per_s_max))
    yield from found
    if found:
        yield ""


def _troubles(need: Need, shown_max: int) -> Iterator[str]:
    if not need.has_room_for_redis:
        yield (
            f"! One room asks for {need.redis_room_busy:.0%} of a Redis core and cannot be split: "
            "presses will wait their turn, or open sales one after the other."
        )
    if not need.has_time_to_read:
        yield (
            "! So many events keep every worker busy with reading them: lower "
            "KAIBO_ROOM_COMMENTS_PER_S_MAX, which counts for each worker."
        )
    if need.shown_per_s > shown_max:
        yield (
            f"! {need.shown_per_s:g} comments/s are more than anybody reads: with "
            f"KAIBO_ROOM_COMMENTS_PER_S_MAX={max(shown_max // need.workers, 1)} these workers "
            f"together show about {shown_max}."
        )


def assumptions(audience: Audience, need: Need, room_comments_per_s_max: int) -> list[str]:
    """Everything that was taken for granted."""
    written = f"{audience.comments:g}"
    sampled = (
        f"a room shows {need.shown_per_s:g} of {written} comments/s: each worker passes on "
        f"{room_comments_per_s_max} of those that come to it and samples the rest "
        "(KAIBO_ROOM_COMMENTS_PER_S_MAX), so more workers show more"
    )
    busy = (
        f"workers are filled evenly, spend at most {DELIVERY_BUSY_MAX:.0%} of their core on "
        f"delivering and {WORKER_BUSY_MAX:.0%} on everything; Redis is {REDIS_BUSY_MAX:.0%} busy"
    )
    return [
        sampled,
        f"{audience.other_events:g} events/s beside them: likes, stock, viewer counts",
        f"a busy room gathers for {audience.tick_ms:g} ms; one write carries all to a viewer",
        busy,
        f"all come in within {audience.join_s:g} s",
        "every press is as dear as a purchase, though to be told sold out costs less",
        "a room lives on one Redis server, whatever a Cluster has",
        "sockets are on loopback, without TLS, compression or video; a proxy has its own costs",
        "several machines are not what is tested: past one machine's cores, this is a guess",
    ]


def _source(measured: Measured) -> Iterator[str]:
    kind = "full benchmarks" if measured.is_full else "a TRIAL on a busy machine, no benchmark"
    yield f"Costs from {kind}: {measured.machine}, Python {measured.python}, {measured.date}."
    yield "Measure yours: make bench. Say yours: --write-us and so on (kaibo capacity --help)."
