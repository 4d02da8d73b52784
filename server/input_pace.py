"""How much of one connection's input is looked at before the others have their turn.

A transport hands over what one read gave, up to 256 KB, and a small frame of 6 bytes costs as much
to parse as a large one. So input is parsed in pieces, with a look at the peer's standing between
them, and a turn of the event loop takes so much and no more; the rest waits, with reading paused.
Input can also be held as a whole, as between the handshake and the welcome.
"""

import asyncio
from collections.abc import Callable

TURN_BYTES = 16_384
PIECE_BYTES = 1_024  # 170 of the smallest frames: what is parsed before anyone counts them
HELD_BYTES_MAX = 65_536  # what may come with the handshake; reading is paused by then


class InputPace:
    """Between a transport and `take`, which is given one piece after the other."""

    __slots__ = ("_is_held", "_is_paused", "_loop", "_next_turn", "_take", "_transport", "_waiting")

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        take: Callable[[bytes], None],
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._take = take
        self._waiting = bytearray()
        self._is_held = False
        self._is_paused = False
        self._next_turn: asyncio.Handle | None = None

    def receive(self, data: bytes) -> bool:
        """Take what the transport read. False if more is held now than may be."""
        if not self._waiting and not self._is_held and len(data) <= PIECE_BYTES:
            self._take(data)
            return True
        self._waiting += data
        if not self._is_held and self._next_turn is None:
            self._turn()
        return not self._is_held or len(self._waiting) <= HELD_BYTES_MAX

    def hold(self) -> None:
        """Take nothing until `release`."""
        self._is_held = True
        self._pause()

    def release(self) -> None:
        self._is_held = False
        if self._next_turn is None:
            self._turn()

    def stop(self) -> None:
        """The connection is lost: what waits is of no use."""
        self._waiting.clear()
        if self._next_turn is not None:
            self._next_turn.cancel()

    def _turn(self) -> None:
        self._next_turn = None
        left = TURN_BYTES
        while self._waiting and left > 0 and not self._is_held:
            piece = bytes(self._waiting[:PIECE_BYTES])
            del self._waiting[:PIECE_BYTES]
            left -= len(piece)
            self._take(piece)
        if self._is_held:
            return
        if self._waiting:
            self._pause()
            self._next_turn = self._loop.call_soon(self._turn)
        else:
            self._resume()

    def _pause(self) -> None:
        if not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._is_paused and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()
