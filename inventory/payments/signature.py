"""Webhook signatures: HMAC-SHA256 over the time and the exact bytes of the body.

    Kaibo-Signature: t=1767225600,v1=<hex of HMAC(secret, "1767225600." + body)>

The time is signed too, so an old delivery cannot be sent again after the replay window. Several
`v1` may stand in one header while a secret is being replaced; one that fits is enough.
"""

import hashlib
import hmac
import re

from inventory.payments.port import BadSignature

REPLAY_WINDOW_S = 300
_HEADER_CHARACTERS_MAX = 1024
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


def sign(secret: bytes, body: bytes, now_ms: int) -> str:
    """The header's value for `body` signed at `now_ms`."""
    timestamp = str(now_ms // 1000)
    return f"t={timestamp},v1={_digest(secret, timestamp, body)}"


def check(secret: bytes, header: str | None, body: bytes, now_ms: int) -> None:
    """Returns if the header signs `body` within the replay window; else raises BadSignature."""
    timestamp, given = _parse(header)
    expected = _digest(secret, timestamp, body).encode()
    if not any(hmac.compare_digest(expected, digest.encode()) for digest in given):
        raise BadSignature("the signature does not fit the body: is the webhook secret the same?")
    if abs(now_ms // 1000 - int(timestamp)) > REPLAY_WINDOW_S:
        raise BadSignature(
            f"signed more than {REPLAY_WINDOW_S} s from now: replayed or a bad clock"
        )


def _digest(secret: bytes, timestamp: str, body: bytes) -> str:
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _parse(header: str | None) -> tuple[str, list[str]]:
    if not header:
        raise BadSignature("the signature header is missing")
    if len(header) > _HEADER_CHARACTERS_MAX:
        raise BadSignature("the signature header is too long")
    pairs = [part.strip().partition("=")[::2] for part in header.split(",")]
    timestamps = [value for name, value in pairs if name == "t"]
    digests = [value for name, value in pairs if name == "v1"]
    if len(timestamps) != 1 or not _TIMESTAMP.fullmatch(timestamps[0]) or not digests:
        raise BadSignature("the signature header is not t=<seconds>,v1=<hex>")
    return timestamps[0], digests
