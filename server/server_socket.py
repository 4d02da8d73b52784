"""The sans-IO protocol of the `websockets` package, as Kaibo uses it: sizes, handshakes, closes.

It differs from the package in one thing: a close frame may come amid a message, as RFC 6455 (5.4)
allows for every control frame; the package would fail the connection with 1002.
"""

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

CONTROL_BYTES_MAX = 125  # RFC 6455, 5.5


class ServerSocket(ServerProtocol):
    """`message_bytes_max` is what `Assembly` holds messages to. Here it is exceeded a little, or a
    ping amid a message of the largest size would be taken for a part of it."""

    def __init__(self, message_bytes_max: int) -> None:
        super().__init__(max_size=message_bytes_max + CONTROL_BYTES_MAX)

    @property
    def is_open(self) -> bool:
        return self.state is State.OPEN

    def take(self, request: Request, subprotocol: str | None) -> bool:
        """Answer a handshake; False if it is none, which has been told then."""
        self.available_subprotocols = [Subprotocol(subprotocol)] if subprotocol else None
        self.send_response(self.accept(request))
        return self.is_open

    def refuse(self, status: int, text: str) -> None:
        """Answer a handshake with a refusal of HTTP's."""
        self.send_response(self.reject(status, text))

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None  # or the rest of the message would be missed
        super().recv_frame(frame)
