"""The run-of-show: what a host means to do, in order. A step is a command kept for later."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from server.wire.bodies import Command, Reply
from server.wire.fields import Id

STEPS_MAX = 60

StepOp = Literal[
    "note", "pin", "start_sale", "end_sale", "announce", "open_poll", "close_poll", "pin_comment"
]
Version = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class StepBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`op` is the command and `body` its body; a `note` has a `text` and does nothing."""

    step_id: Id
    op: StepOp
    body: dict[str, Any]
    done: bool = False


class ShowRundown(Command, frozen=True):
    """The room's run-of-show."""


class PutRundown(Command, frozen=True):
    """All steps anew. `version` is the one you have seen; 0 if there was none."""

    version: Version
    steps: Annotated[list[StepBody], Meta(max_length=STEPS_MAX)]


class RunStep(Command, frozen=True):
    """Do one step now. One that is done is not done again."""

    step_id: Id


class RundownReply(Reply, frozen=True):
    version: int
    steps: list[StepBody]
