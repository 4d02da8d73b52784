"""The floor: a bare loop of `socket.send`, the same bytes to every reader.

It answers handshakes so that the same readers can be used, and nothing else. A line on its standard
input says how many events to send, joined in one send; the end of the input ends it.
"""

import base64
import hashlib
import select
import socket
import sys
from collections.abc import Callable

from loadtests.bench.channel import EVENT_BYTES
from loadtests.bench.frames import HEAD_END, IS_16_BIT, KEY, comment_payload
from loadtests.bench.peers.channel import announce, listener

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
REQUEST_BYTES_MAX = 4_096


def main() -> None:
    bound = listener()
    announce(bound)
    sends: list[Callable[[bytes], int]] = []
    poll = select.epoll()
    poll.register(bound.fileno(), select.EPOLLIN)
    poll.register(sys.stdin.fileno(), select.EPOLLIN)
    while True:
        for fd, _ in poll.poll():
            if fd == bound.fileno():
                sends.append(accept(bound).send)
                continue
            order = sys.stdin.readline()
            if not order:
                return
            send_all(sends, frame() * int(order))


def send_all(sends: list[Callable[[bytes], int]], blob: bytes) -> None:
    for send in sends:
        send(blob)


def accept(bound: socket.socket) -> socket.socket:
    connection, _ = bound.accept()
    connection.setblocking(True)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = b""
    while HEAD_END not in request:
        request += connection.recv(REQUEST_BYTES_MAX)
    connection.send(response())
    return connection


def response() -> bytes:
    accepted = base64.b64encode(hashlib.sha1(f"{KEY}{MAGIC}".encode()).digest()).decode()  # noqa: S324 - RFC 6455
    lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
    return "\r\n".join((*lines, f"Sec-WebSocket-Accept: {accepted}")).encode() + HEAD_END


def frame() -> bytes:
    """The event as it is on the wire."""
    return bytes((0x82, IS_16_BIT)) + EVENT_BYTES.to_bytes(2, "big") + comment_payload(EVENT_BYTES)


if __name__ == "__main__":
    main()
