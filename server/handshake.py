"""What a WebSocket handshake asks for: which room, which codec, whose token. Pure.

The token comes in the Authorization header or, from a browser, as a second subprotocol entry
`kaibo.bearer.<token>`; never in the URL, which proxies and logs keep.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from websockets.datastructures import Headers

from rooms.events import Position
from server.wire.codec import BEARER_PREFIX, CODECS, MSGPACK, Codec

_SINCE = re.compile(r"(?:^|&)since=([0-9a-f]{16})(?::|%3A)([0-9]{1,15})(?:&|$)", re.IGNORECASE)
_PATH = re.compile(r"/v1/rooms/([A-Za-z0-9][A-Za-z0-9_-]{0,63})/live")


class Asked(NamedTuple):
    """A handshake that names a room; `subprotocol` is None if the client offered none of ours."""

    room_id: str
    codec: Codec
    subprotocol: str | None
    token: str | None
    since: Position | None


def read_handshake(target: str, headers: Headers) -> Asked | None:
    """What the request line's target and the headers ask for, or None if that is no room."""
    path, _, query = target.partition("?")
    found = _PATH.fullmatch(unquote(path))
    if found is None:
        return None
    offered = [
        entry.strip()
        for value in headers.get_all("Sec-WebSocket-Protocol")
        for entry in value.split(",")
    ]
    subprotocol = next((entry for entry in offered if entry in CODECS), None)
    codec = CODECS[subprotocol] if subprotocol else MSGPACK
    return Asked(found[1], codec, subprotocol, _token(offered, headers), _since(query))


def _since(query: str) -> Position | None:
    """`since=<epoch>:<offset>`, where the client was. One that cannot be read asks for nothing: the
    client is given the room anew, which is right whatever it meant."""
    found = _SINCE.search(query)
    return Position(found[1], int(found[2])) if found else None


def _token(offered: list[str], headers: Headers) -> str | None:
    for entry in offered:
        if entry.startswith(BEARER_PREFIX):
            return entry.removeprefix(BEARER_PREFIX)
    # Several headers mean the same as one with commas (RFC 9110, 5.3), which is no token of ours.
    scheme, _, token = ", ".join(headers.get_all("Authorization")).partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


def origin_allowed(headers: Headers, allowed: frozenset[str]) -> bool:
    """No Origin (not a browser), the server's own host, or one of `allowed`."""
    origins = headers.get_all("Origin")
    if not origins:
        return True
    if len(origins) > 1:
        return False
    return origins[0] in allowed or headers.get_all("Host") == [_host_of(origins[0])]


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
