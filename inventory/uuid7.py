"""UUIDv7 (RFC 9562, section 5.7): an id that carries the millisecond in which it was made.

Reservation and restock ids are UUIDv7s chosen by clients. Because the time is inside the id, a
store may forget finished records and still never execute an old id twice: ids older than the
retention window are refused (STALE_ID), and a record is kept until its id is refused for certain.
`redis_store/scripts/reclaim.lua` and `reserve.lua` carry the same rule.
"""

import re

FUTURE_MAX_MS = 300_000  # how far a client's clock may be ahead of ours

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_RANDOM_BYTES = 10


def uuid7(now_ms: int, random_bytes: bytes) -> str:
    """The id made of a time (48 bits) and ten random bytes, of which 74 bits are kept."""
    if not 0 <= now_ms < 1 << 48:
        raise ValueError(f"{now_ms} ms does not fit in a UUIDv7")
    if len(random_bytes) != _RANDOM_BYTES:
        raise ValueError(f"a UUIDv7 needs {_RANDOM_BYTES} random bytes, not {len(random_bytes)}")
    version = bytes([0x70 | random_bytes[0] & 0x0F, random_bytes[1]])
    variant = bytes([0x80 | random_bytes[2] & 0x3F]) + random_bytes[3:]
    digits = (now_ms.to_bytes(6) + version + variant).hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def timestamp_ms(uuid: str) -> int:
    """The time inside the id. Raises ValueError if it is not a lower-case UUIDv7."""
    if not _UUID7.fullmatch(uuid):
        raise ValueError(f"not a UUIDv7 in lower case: {uuid!r}")
    return int(uuid[:8] + uuid[9:13], 16)


def is_stale(uuid: str, now_ms: int, retention_ms: int) -> bool:
    """Whether the id is outside the window in which ids are remembered."""
    made_at_ms = timestamp_ms(uuid)
    return made_at_ms < now_ms - retention_ms or made_at_ms > now_ms + FUTURE_MAX_MS


def is_of_older_epoch(uuid: str, epoch_ms: int) -> bool:
    """Whether the id was made before the room was restored: if it is not known, nobody knows what
    became of it."""
    return timestamp_ms(uuid) < epoch_ms


def forget_before_ms(now_ms: int, retention_ms: int) -> int:
    """Records finished before this time may be forgotten.

    A record's id may be `FUTURE_MAX_MS` younger than the record, and must be stale when the record
    goes, so the wait is retention plus that.
    """
    return now_ms - retention_ms - FUTURE_MAX_MS
