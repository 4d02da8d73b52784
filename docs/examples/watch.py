"""Watch a room: print the welcome and every event; after a lost connection go on where it broke.

Usage: python docs/examples/watch.py http://127.0.0.1:8000 ROOM
"""

import json
import random
import sys
import time
import urllib.request
from collections.abc import Iterator

import msgpack
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect


def messages(token: str, since: str) -> Iterator[list]:
    address = f"{url.replace('http', 'ws', 1)}/v1/rooms/{room_id}/live?since={since}"
    headers = {"Authorization": f"Bearer {token}"}
    with connect(address, additional_headers=headers, subprotocols=["kaibo.v1.msgpack"]) as socket:
        yield from map(msgpack.unpackb, socket)


url, room_id = sys.argv[1:] if len(sys.argv) == 3 else sys.exit(__doc__)
try:
    is_json = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/rooms/{room_id}/tokens", b"{}", is_json)
    token = json.load(urllib.request.urlopen(request, timeout=10))["token"]
except (OSError, ValueError) as error:
    sys.exit(f"cannot watch: {error}. Usage: watch.py http://127.0.0.1:8000 ROOM")
epoch, offset, attempt = "", 0, 0
while True:
    try:
        for kind, *parts in messages(token, f"{epoch}:{offset}"):
            print(kind, json.dumps(parts, ensure_ascii=False), flush=True)
            attempt = 0
            if kind == "welcome" and not parts[0]["recovered"]:
                epoch, offset = (parts[1]["position"][name] for name in ("epoch", "offset"))
            elif kind == "event":
                offset = parts[1] or offset
    except (ConnectionClosedError, OSError) as error:
        closed = getattr(error, "rcvd", None)
        if closed and 4500 <= closed.code <= 4999:
            sys.exit(f"closed for good: {closed.code} {closed.reason}")
    time.sleep(random.uniform(0, min(15, 0.5 * 2**attempt)))
    attempt += 1
