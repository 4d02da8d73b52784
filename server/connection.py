"""A socket and its session: bytes in, frames out, with a bound on what a slow reader may hold.

This is a uvicorn WebSocket protocol class (`ws=Connection`) on the sans-IO protocol of the
`websockets` package. It has no task and no queue of its own: callbacks read, the hub writes, and
only a command that must wait for a store gets a task. What it needs comes as `app_state["live"]`.

    transport -> InputPace (a little per turn) -> websockets (frames) -> Assembly (messages)
              -> Session (what to do) -> dispatcher -> answer;  Farewell is how all of it ends
"""

import asyncio
import logging
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.frames import Frame
from websockets.http11 import Request

from inventory.store import InventoryError
from rooms.broker import BrokerUnavailable
from server.assembly import Assembly, Message
from server.clock import now_ms
from server.farewell import Farewell
from server.handshake import Asked, origin_allowed, read_handshake
from server.input_pace import InputPace
from server.live import Live
from server.server_socket import ServerSocket
from server.session import Answer, Close, Execute, Session, State
from server.tokens import BadToken, Caller, WrongRoom
from server.wire.codec import MSGPACK, Codec
from server.wire.codes import CloseCode, ErrorCode
from server.wire.commands import Reply
from server.wire.events import ErrorBody

log = logging.getLogger("kaibo.connection")


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
        bytes_max = self._live.settings.message_bytes_max
        self._socket = ServerSocket(bytes_max)
        self._assembly = Assembly(bytes_max, now_ms())
        self._address: str | None = None  # set when the door has handed the socket over
        self._session: Session | None = None
        self._room_id = ""  # known once the handshake was read
        self._codec: Codec = MSGPACK
        self.caller: Caller | None = None
        self.user_id = self.encoding = ""  # as the hub sees it (rooms.room.Viewer), once admitted
        self.is_audience = False
        self._leaving = ""  # the reason to close with, once no command awaits its answer
        self._is_listening = False
        self._unread_bytes_max = self._live.settings.egress_bytes_max
        self.heard_at_s = self._loop.time()
        self.pinged_at_s: float | None = None

    def __repr__(self) -> str:
        who = self.caller.user_id if self.caller else "?"
        state = self._session.state.value if self._session else "handshake"
        return f"<Connection {who} {state}>"

    @property
    def is_welcomed(self) -> bool:
        return self._session is not None and self._session.state is State.OPEN

    # For the hub (rooms.room.Viewer).

    def drop_slow(self) -> None:
        self.close(CloseCode.SLOW, "too slow to follow; reconnect from where you are")

    def drop_lost(self) -> None:
        self.close(CloseCode.STATE_LOST, "the room starts anew; reconnect")

    def pause_writing(self) -> None:
        self._live.hub.fall_behind(self._room_id, self)

    def resume_writing(self) -> None:
        self._live.hub.drained(self._room_id, self)

    # asyncio.Protocol.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._live.settings.egress_soft_bytes)
        # The hub writes to the transport itself, as nothing of ours need run for each viewer: it
        # lets go of a connection that ends (`_end`). What the kernel does not take waits in the
        # transport, up to the soft mark; past it `pause_writing` tells the hub to write no more.
        self.write = self._transport.write
        self._input = InputPace(self._transport, self._loop, self._take_piece)
        self._farewell = Farewell(self._transport, self._socket, self._loop, self._end)
        self._connections.add(self)
        self._live.connections.add(self)

    def take_over(self, address: str, early: bytes) -> None:
        """The door has handed the socket over, with its place in the census and the input that
        came with the handshake."""
        self._address = address
        if early:
            self.data_received(early)

    def data_received(self, data: bytes) -> None:
        self.heard_at_s = self._loop.time()
        self.pinged_at_s = None
        if not self._input.receive(data):
            self._farewell.fail(CloseCode.TOO_BIG, "too much before the welcome")

    def eof_received(self) -> None:
        self._socket.receive_eof()
        self._farewell.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._input.stop()
        self._farewell.lost()
        self._connections.discard(self)
        self._live.connections.discard(self)
        if self._address is not None:
            self._live.census.leave(self._address)
        if self.caller is not None:
            self._live.census.rise(self._room_id, self.user_id, self)
            self._end()
            self._spawn(self._live.hub.leave(self._room_id, self, self._live.subscriber))

    def shutdown(self) -> None:
        """uvicorn is stopping, and has let us drain before."""
        self.close(CloseCode.RESTART, "the server restarts")

    def leave(self, retry_after_ms: int) -> None:
        """Take no more commands, answer those in flight, then close with 1012 and a hint."""
        self._leaving = f"retry_after_ms={retry_after_ms}"
        self._input.hold()
        self._leave_when_idle()

    def _leave_when_idle(self) -> None:
        if self._leaving and (self._session is None or self._session.is_idle):
            self.close(CloseCode.RESTART, self._leaving)
            self._input.release()  # for the peer's answer to the close

    # Opening.

    def _open(self, request: Request) -> None:
        asked = read_handshake(request.path, request.headers)
        if asked is None:
            self._socket.refuse(404, "WebSockets live at /v1/rooms/{room}/live.\n")
        elif not origin_allowed(request.headers, self._live.allowed_origins):
            self._socket.refuse(403, "This origin may not connect; see KAIBO_ALLOWED_ORIGINS.\n")
        elif self._socket.take(request, asked.subprotocol):
            self._admit(asked)

    def _admit(self, asked: Asked) -> None:
        self._room_id, self._codec = asked.room_id, asked.codec
        try:
            self.caller = self._live.tokens.read(asked.token, asked.room_id, now_ms() // 1000)
        except BadToken as error:
            self.close(CloseCode.BAD_TOKEN, str(error))
        except WrongRoom as error:
            self.close(CloseCode.FORBIDDEN, str(error))
        else:
            self.user_id, self.encoding = self.caller.user_id, asked.codec.subprotocol
            self.is_audience = self.caller.role == "viewer"
            in_flight_max = self._live.settings.commands_in_flight_max
            self._session = Session(asked.codec, in_flight_max, now_ms())
            self._input.hold()  # no commands before the welcome
            self._sit()
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
            self._input.release()
            if not self._may_write():  # it ended while it joined
                await self._live.hub.leave(asked.room_id, self, self._live.subscriber)

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
        elif self._may_write():
            welcome = snapshot.welcome(asked.codec, you, asked.since)
            self._unread_bytes_max += len(welcome)  # a large one is no fault of the reader's
            self._transport.write(welcome)
            session.welcomed()
            hub.admit(room_id, self, snapshot.position.offset)

    def _sit(self) -> None:
        oldest = self._live.census.sit(self._room_id, self.user_id, self)
        if oldest is not None:
            oldest.close(CloseCode.TOO_MANY, "you have too many connections to this room")

    # Messages.

    def _take_piece(self, data: bytes) -> None:
        # What came before the peer's close, or before the frame it broke a rule with, still counts.
        self._is_listening = self._socket.is_open
        self._socket.receive_data(data)
        self._flush()  # a pong comes before the answer to the message that its ping came amid
        taken_at_ms = now_ms()
        for event in self._socket.events_received():
            if isinstance(event, Request):
                self._open(event)
            elif isinstance(event, Frame) and not self._take_frame(event, taken_at_ms):
                break
        self._flush()

    def _take_frame(self, frame: Frame, taken_at_ms: int) -> bool:
        """False if the frame ended the connection."""
        match self._assembly.take(frame, taken_at_ms):
            case Close(code, reason):
                self._farewell.fail(code, reason)
                return False
            case Message() as message:
                self._take_message(message, taken_at_ms)
        return True

    def _take_message(self, message: Message, taken_at_ms: int) -> None:
        if self._session is None or not self._is_listening:
            return  # we have said goodbye
        match self._session.receive(message.payload, message.is_text, taken_at_ms):
            case Execute() as execute:
                self._spawn(self._execute(execute))
            case Answer(command_id, body):
                self._send(command_id, body)
            case Close(code, reason):
                self.close(code, reason)

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
        self._send(execute.command_id, answer)
        self._leave_when_idle()

    def _send(self, command_id: int | None, body: Reply | ErrorBody) -> None:
        kind = "error" if isinstance(body, ErrorBody) else "reply"
        if self._may_write():
            self._transport.write(self._codec.message(kind, command_id, body))
        self._flush()

    # Closing and keepalive.

    def ping(self) -> None:
        """Ask the peer for a sign of life; the keepalive closes it if none comes."""
        if self._socket.is_open:
            self.pinged_at_s = self._loop.time()
            self._socket.send_ping(b"kaibo")
            self._flush()

    def _may_write(self) -> bool:
        return self._socket.is_open and not self._transport.is_closing()

    def _end(self) -> None:
        """No message may be sent any more."""
        self._live.hub.dismiss(self._room_id, self)

    def close(self, code: CloseCode, reason: str) -> None:
        """Start the closing handshake; whatever the peer does, the socket ends soon."""
        self._farewell.close(code, reason)

    def _flush(self) -> None:
        """Write what the protocol has to say. Answers and pongs are not the hub's to shed: who
        asks on without reading is closed at the hard mark."""
        self._farewell.flush()
        if self._transport.get_write_buffer_size() > self._unread_bytes_max:
            self._farewell.fail(CloseCode.SLOW, "answers are not read")

    def _spawn(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
