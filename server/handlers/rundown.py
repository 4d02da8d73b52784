"""The run-of-show: kept, and run step by step. What a step does is the command that it keeps.

A step is claimed before it is done: of two presses one does it. If its command is refused the claim
is given back; if the server dies between the two, the host sees the step done and may untick it.
"""

from typing import Any

import msgspec

from rooms.redis_broker.rundown import Rundown
from server.handlers import asking, chat, selling, showroom
from server.handlers.parts import Handler, HandlerParts
from server.publishing import outgoing
from server.tokens import Caller
from server.wire.codec import convert
from server.wire.codes import ErrorCode
from server.wire.commands import COMMANDS, Command
from server.wire.events import ErrorBody, RundownEvent
from server.wire.fields import Announcement
from server.wire.rundown import PutRundown, RundownReply, RunStep, ShowRundown, StepBody


class Note(Command, frozen=True):
    """Something to remember, for the host alone."""

    text: Announcement


_HANDLERS: dict[str, Handler] = {
    "pin": showroom.pin,
    "start_sale": selling.start_sale,
    "end_sale": selling.end_sale,
    "announce": chat.announce,
    "open_poll": asking.open_poll,
    "close_poll": asking.close_poll,
    "pin_comment": chat.pin_comment,
}


async def show(parts: HandlerParts, caller: Caller, command: ShowRundown) -> RundownReply:
    return _reply(await parts.rundowns.read(caller.room_id))


async def put(parts: HandlerParts, caller: Caller, command: PutRundown) -> RundownReply | ErrorBody:
    steps = command.steps
    for number, step in enumerate(steps):
        refused = _refused_step(number, step, {it.step_id for it in steps[:number]})
        if refused is not None:
            return refused
    kept = [{"step_id": it.step_id, "op": it.op, "body": it.body} for it in steps]
    done = {it.step_id for it in steps if it.done}
    if not await parts.rundowns.put(caller.room_id, command.version, kept, done):
        message = "the run-of-show was changed meanwhile; look at it and change it again"
        return ErrorBody(code=ErrorCode.CHANGED_MEANWHILE, message=message)
    return await _told(parts, caller.room_id)


def _refused_step(number: int, step: StepBody, before: set[str]) -> ErrorBody | None:
    """Why this step cannot be kept: its id is another's, or its command would be malformed."""
    path = f"$.steps[{number}]"
    if step.step_id in before:
        field = f"{path}.step_id"
        return ErrorBody(code=ErrorCode.BAD_FIELD, message=f"{field}: used twice", field=field)
    found = _command(step.op, step.body)
    if not isinstance(found, ErrorBody):
        return None
    field = f"{path}.body{(found.field or '$')[1:]}"
    return ErrorBody(code=ErrorCode.BAD_FIELD, message=f"{path}: {found.message}", field=field)


def _command(op: str, body: dict[str, Any]) -> Command | ErrorBody:
    return convert(body, Note if op == "note" else COMMANDS[op])


async def run_step(
    parts: HandlerParts, caller: Caller, command: RunStep
) -> RundownReply | ErrorBody:
    found = await parts.rundowns.read(caller.room_id)
    step = next((it for it in found.steps if it["step_id"] == command.step_id), None)
    if step is None:
        message = "the run-of-show has no such step"
        return ErrorBody(code=ErrorCode.UNKNOWN_STEP, message=message)
    if await parts.rundowns.claim(caller.room_id, command.step_id):
        refused = await _done(parts, caller, step["op"], step["body"])
        if refused is not None:
            await parts.rundowns.give_back(caller.room_id, command.step_id)
            return refused
    return await _told(parts, caller.room_id)


async def _done(
    parts: HandlerParts, caller: Caller, op: str, body: dict[str, Any]
) -> ErrorBody | None:
    """Carries the step's command out; the refusal if it is refused."""
    found = _command(op, body)
    if isinstance(found, ErrorBody) or op == "note":
        return found if isinstance(found, ErrorBody) else None
    answer = await _HANDLERS[op](parts, caller, found)
    return answer if isinstance(answer, ErrorBody) else None


async def _told(parts: HandlerParts, room_id: str) -> RundownReply:
    """What it is now; other hosts are told that it changed."""
    found = await parts.rundowns.read(room_id)
    event = outgoing(RundownEvent(version=found.version), key="rundown")
    await parts.broker.publish(room_id, [event])
    return _reply(found)


def _reply(found: Rundown) -> RundownReply:
    return RundownReply(
        version=found.version,
        steps=[
            msgspec.convert({**step, "done": step["step_id"] in found.done}, StepBody)
            for step in found.steps
        ],
    )
