"""A socket and its session: bytes in, frames out, with a bound on what a slow reader may hold.

This is a uvicorn WebSocket protocol class (`ws=Connection`) on the sans-IO protocol of the
`websockets` package. It has no task and no queue of its own: callbacks read, the hub writes, and
only a command that must wait for a store gets a task. What it needs comes as `app_state["live"]`.
"""

import asyncio
import logging
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State as SocketState
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from inventory.store import InventoryError
from rooms.broker import BrokerUnavailable
from server.clock import now_ms
from server.handshake import Asked, origin_allowed, read_handshake
from server.live import Live
from server.session import Answer, Close, Execute, Session, State
from server.tokens import BadToken, Caller, WrongRoom
from server.wire.codes import CloseCode, ErrorCode
from server.wire.commands import Ping, Pong
from server.wire.events import ErrorBody

log = logging.getLogger("kaibo.connection")

CLOSE_TIMEOUT_S = 5.0  # how long the peer may take to answer our close frame


class Connection(asyncio.Protocol):
    """One viewer's or host's socket, from handshake to close."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._live: Live = app_state["live"]
        self._connections = cast("set[Any]", server_state.connections)
        self._tasks = server_state.tasks
        self._loop = _loop or asyncio.get_running_loop()
        self._socket = ServerProtocol(max_size=self._live.settings.message_bytes_max)
        self._fragments: list[bytes] = []
        self._fragments_are_text = False
        self._early: list[tuple[bytes, bool]] = []  # sent with the handshake, kept for after it
        self._session: Session | None = None
        self._asked: Asked | None = None
        self.caller: Caller | None = None
        self.heard_at_s = self._loop.time()
        self.pinged_at_s: float | None = None

    def __repr__(self) -> str:
        who = self.caller.user_id if self.caller else "?"
        state = self._session.state.value if self._session else "handshake"
        return f"<Connection {who} {state}>"

    # The hub's view of it (rooms.hub.Viewer).

    @property
    def user_id(self) -> str:
        return self.caller.user_id if self.caller else ""

    @property
    def is_audience(self) -> bool:
        return self.caller is not None and self.caller.role == "viewer"

    @property
    def is_welcomed(self) -> bool:
        return self._session is not None and self._session.state is State.OPEN

    @property
    def encoding(self) -> str:
        return self._asked.codec.subprotocol if self._asked else ""

    def write(self, frames: bytes) -> None:
        """Send framed bytes. What the kernel does not take waits in the transport, up to the soft
        mark; past it `pause_writing` tells the hub to write no more."""
        if self._socket.state is SocketState.OPEN:
            self._transport.write(frames)

    def drop_slow(self) -> None:
        self.close(CloseCode.SLOW, "too slow to follow; reconnect from where you are")

    def drop_lost(self) -> None:
        self.close(CloseCode.STATE_LOST, "the room starts anew; reconnect")

    def pause_writing(self) -> None:
        if self._asked is not None:
            self._live.hub.fall_behind(self._asked.room_id, self)

    def resume_writing(self) -> None:
        if self._asked is not None:
            self._live.hub.drained(self._asked.room_id, self)

    # asyncio.Protocol.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._live.settings.egress_soft_bytes)
        self._connections.add(self)
        self._live.connections.add(self)

    def data_received(self, data: bytes) -> None:
        self.heard_at_s = self._loop.time()
        self.pinged_at_s = None
        self._socket.receive_data(data)
        for event in self._socket.events_received():
            if isinstance(event, Request):
                self._open(event)
            elif isinstance(event, Frame):
                self._take_frame(event)
        self._flush()

    def eof_received(self) -> None:
        self._socket.receive_eof()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._live.connections.discard(self)
        if self._asked is not None and self.caller is not None:
            self._spawn(self._live.hub.leave(self._asked.room_id, self, self._live.subscriber))

    def shutdown(self) -> None:
        """uvicorn is stopping: ask the client to come back later."""
        self.close(CloseCode.RESTART, "the server restarts")

    # Opening.

    def _open(self, request: Request) -> None:
        asked = read_handshake(request.path, request.headers)
        if asked is None:
            self._reject(404, "WebSockets live at /v1/rooms/{room}/live.\n")
        elif not origin_allowed(request.headers, self._live.allowed_origins):
            self._reject(403, "This origin may not connect; see KAIBO_ALLOWED_ORIGINS.\n")
        else:
            self._accept(request, asked)

    def _reject(self, status: int, text: str) -> None:
        self._socket.send_response(self._socket.reject(status, text))

    def _accept(self, request: Request, asked: Asked) -> None:
        self._socket.available_subprotocols = (
            [Subprotocol(asked.subprotocol)] if asked.subprotocol else None
        )
        response = self._socket.accept(request)
        self._socket.send_response(response)
        if self._socket.state is not SocketState.OPEN:
            return
        self._asked = asked
        try:
            self.caller = self._live.tokens.read(asked.token, asked.room_id, now_ms() // 1000)
        except BadToken as error:
            self.close(CloseCode.BAD_TOKEN, str(error))
        except WrongRoom as error:
            self.close(CloseCode.FORBIDDEN, str(error))
        else:
            in_flight_max = self._live.settings.commands_in_flight_max
            self._session = Session(asked.codec, in_flight_max, now_ms())
            self._transport.pause_reading()  # no commands before the welcome
            self._spawn(self._join(asked, self.caller, self._session))

    async def _join(self, asked: Asked, caller: Caller, session: Session) -> None:
        try:
            await self._welcome(asked, caller, session)
        except (BrokerUnavailable, InventoryError) as error:
            log.warning("cannot welcome to %s: %s", asked.room_id, error)
            self.close(CloseCode.RESTART, "the room is not reachable; try again")
        except Exception:
            log.exception("cannot welcome to %s", asked.room_id)
            self.close(CloseCode.RESTART, "the server failed; it has been logged")
        finally:
            self._resume_reading()

    async def _welcome(self, asked: Asked, caller: Caller, session: Session) -> None:
        hub, room_id = self._live.hub, asked.room_id
        you = await self._live.together.known(caller)
        if you is None:
            self.close(CloseCode.FORBIDDEN, "you are banned from this room")
            return
        await hub.join(room_id, self, self._live.subscriber)
        snapshot = await self._live.snapshots.shared(room_id)
        if snapshot is None:
            self.close(CloseCode.UNKNOWN_ROOM, f"there is no room {room_id}")
        elif self._socket.state is SocketState.OPEN and not self._transport.is_closing():
            self.write(snapshot.welcome(asked.codec, you, asked.since))
            session.welcomed()
            hub.admit(room_id, self, snapshot.position.offset)
            early, self._early = self._early, []
            for payload, is_text in early:
                self._take_message(payload, is_text)

    def _resume_reading(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    # Messages.

    def _take_frame(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._fragments_are_text = frame.opcode is Opcode.TEXT
            self._fragments = []
        elif frame.opcode is not Opcode.CONT:
            return  # the sans-IO protocol has answered control frames already
        self._fragments.append(bytes(frame.data))
        if frame.fin:
            payload, self._fragments = b"".join(self._fragments), []
            self._take_message(payload, self._fragments_are_text)

    def _take_message(self, payload: bytes, is_text: bool) -> None:
        if self._session is None or self._asked is None:
            return
        if self._session.state is State.JOINING:
            self._early.append((payload, is_text))  # one read at most: reading is paused
            return
        if is_text and not _is_utf8(payload):
            self.close(CloseCode.INVALID_DATA, "text is not UTF-8")
            return
        match self._session.receive(payload, is_text, now_ms()):
            case Execute(command_id, _, Ping() as ping):
                self._answer_ping(command_id, ping)
            case Execute() as execute:
                self._spawn(self._execute(execute))
            case Answer(command_id, error):
                self._send("error", command_id, error)
            case Close(code, reason):
                self.close(code, reason)

    def _answer_ping(self, command_id: int, ping: Ping) -> None:
        assert self._session is not None
        received_at_ms = now_ms()
        pong = Pong(
            sent_at_ms=ping.sent_at_ms, received_at_ms=received_at_ms, replied_at_ms=now_ms()
        )
        self._send("reply", command_id, pong)
        self._session.answered()

    async def _execute(self, execute: Execute) -> None:
        assert self._session is not None and self.caller is not None
        try:
            answer = await self._live.dispatcher.handle(self.caller, execute.op, execute.command)
        except Exception:
            log.exception("%s failed", execute.op)
            answer = ErrorBody(
                code=ErrorCode.INTERNAL, message="the server failed; it has been logged"
            )
        finally:
            self._session.answered()
        kind = "error" if isinstance(answer, ErrorBody) else "reply"
        self._send(kind, execute.command_id, answer)

    def _send(self, kind: str, command_id: int | None, body: Any) -> None:
        assert self._asked is not None
        self.write(self._asked.codec.message(kind, command_id, body))

    # Closing and keepalive.

    def ping(self) -> None:
        """Ask the peer for a sign of life; the keepalive closes it if none comes."""
        if self._socket.state is SocketState.OPEN:
            self.pinged_at_s = self._loop.time()
            self._socket.send_ping(b"kaibo")
            self._flush()

    def close(self, code: CloseCode, reason: str) -> None:
        """Start the closing handshake; the transport is closed when the peer answers, or soon."""
        try:
            self._socket.send_close(code, reason[:100])
        except InvalidState:
            self._transport.abort()  # it is closing already, or never opened
            return
        self._flush()
        # Not close(): that would wait for ever for a peer that does not read.
        self._loop.call_later(CLOSE_TIMEOUT_S, self._transport.abort)

    def _flush(self) -> None:
        for data in self._socket.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()  # both sides said goodbye, or the peer broke the protocol

    def _spawn(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
