"""Watch a room: print the welcome and every event, and come back when the connection is lost.

Run: python docs/examples/watch.py http://127.0.0.1:8000 demo
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

url, room_id = sys.argv[1:]


def guest_token() -> str:
    request = urllib.request.Request(f"{url}/v1/rooms/{room_id}/tokens", b"{}", method="POST")
    request.add_header("Content-Type", "application/json")
    return json.load(urllib.request.urlopen(request, timeout=10))["token"]


def messages(token: str) -> Iterator[list]:
    address = f"{url.replace('http', 'ws', 1)}/v1/rooms/{room_id}/live"
    headers = {"Authorization": f"Bearer {token}"}
    with connect(address, additional_headers=headers, subprotocols=["kaibo.v1.msgpack"]) as socket:
        yield from map(msgpack.unpackb, socket)


token, attempt = guest_token(), 0
while True:
    try:
        for kind, *parts in messages(token):
            print(kind, json.dumps(parts, ensure_ascii=False), flush=True)
            attempt = 0
    except (ConnectionClosedError, OSError) as error:
        closed = getattr(error, "rcvd", None)
        if closed and 4500 <= closed.code <= 4999:
            sys.exit(f"closed for good: {closed.code} {closed.reason}")
    time.sleep(random.uniform(0, min(15, 0.5 * 2**attempt)))
    attempt += 1
