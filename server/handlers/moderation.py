"""People and rules: who may speak, who may come in, who helps the host, and who is here.

No rule binds a host. An assistant may not turn on another assistant, nor free itself.
"""

from rooms.moderation import fold
from rooms.rules import Rules
from server.clock import now_ms
from server.handlers.parts import HandlerParts
from server.publishing import outgoing
from server.tokens import Caller
from server.wire.codes import ErrorCode
from server.wire.commands import Done
from server.wire.events import ErrorBody, RoleEvent
from server.wire.together import (
    Ban,
    Mute,
    RulesReply,
    SetRole,
    SetRules,
    ShowRules,
    ShowViewers,
    Unban,
    Unmute,
    ViewersReply,
)
from server.wire.views import MuteView, UserView


async def mute(parts: HandlerParts, caller: Caller, command: Mute) -> Done | ErrorBody:
    refused = await _protected(parts, caller, command.user_id)
    if refused is not None:
        return refused
    now = now_ms()
    until_ms = now + command.duration_s * 1000
    done = await parts.together.rules.mute(caller.room_id, command.user_id, until_ms, now)
    return _changed(parts, caller, done, "muted users")


async def unmute(parts: HandlerParts, caller: Caller, command: Unmute) -> Done | ErrorBody:
    refused = await _protected(parts, caller, command.user_id)
    if refused is not None:
        return refused
    await parts.together.rules.unmute(caller.room_id, command.user_id)
    return _changed(parts, caller, True, "")


async def ban(parts: HandlerParts, caller: Caller, command: Ban) -> Done | ErrorBody:
    """The doorkeeper of each worker closes the user's connections."""
    refused = await _protected(parts, caller, command.user_id)
    if refused is not None:
        return refused
    done = await parts.together.rules.ban(caller.room_id, command.user_id, now_ms())
    return _changed(parts, caller, done, "banned users")


async def unban(parts: HandlerParts, caller: Caller, command: Unban) -> Done | ErrorBody:
    refused = await _protected(parts, caller, command.user_id)
    if refused is not None:
        return refused
    await parts.together.rules.unban(caller.room_id, command.user_id)
    return _changed(parts, caller, True, "")


async def set_role(parts: HandlerParts, caller: Caller, command: SetRole) -> Done | ErrorBody:
    is_assistant = command.role == "assistant"
    done = await parts.together.rules.set_assistant(caller.room_id, command.user_id, is_assistant)
    answer = _changed(parts, caller, done, "assistants")
    if isinstance(answer, Done):
        event = outgoing(RoleEvent(role=command.role), to=command.user_id)
        await parts.broker.publish(caller.room_id, [event])
    return answer


async def _protected(parts: HandlerParts, caller: Caller, user_id: str) -> ErrorBody | None:
    """The refusal if it is not for this caller to moderate that user."""
    if caller.role == "host":
        return None
    if (await parts.together.rulebook.of(caller.room_id)).role_of(user_id) == "viewer":
        return None
    return ErrorBody(code=ErrorCode.FORBIDDEN, message="only a host may do that to an assistant")


def _changed(parts: HandlerParts, caller: Caller, done: bool, what: str) -> Done | ErrorBody:
    parts.together.rulebook.forget(caller.room_id)
    if done:
        return Done()
    return ErrorBody(
        code=ErrorCode.LIMIT_REACHED, message=f"this room has as many {what} as it may"
    )


async def set_rules(
    parts: HandlerParts, caller: Caller, command: SetRules
) -> RulesReply | ErrorBody:
    for number, word in enumerate(command.blocked_words):
        if not fold(word):
            field = f"$.blocked_words[{number}]"
            return ErrorBody(
                code=ErrorCode.BAD_FIELD, message=f"{field}: no letter or digit in it", field=field
            )
    await parts.together.rules.set_rules(caller.room_id, command.slow_mode_s, command.blocked_words)
    parts.together.rulebook.forget(caller.room_id)
    return _rules_reply(await parts.together.rulebook.of(caller.room_id))


async def rules(parts: HandlerParts, caller: Caller, command: ShowRules) -> RulesReply:
    return _rules_reply(await parts.together.rulebook.of(caller.room_id))


def _rules_reply(found: Rules) -> RulesReply:
    now = now_ms()
    return RulesReply(
        slow_mode_s=found.slow_mode_s,
        blocked_words=list(found.blocked_words),
        assistants=sorted(found.assistants),
        mutes=[
            MuteView(user_id=user_id, until_ms=until_ms)
            for user_id, until_ms in sorted(found.muted_until_ms.items())
            if until_ms > now
        ],
        bans=sorted(found.banned),
    )


async def viewers(parts: HandlerParts, caller: Caller, command: ShowViewers) -> ViewersReply:
    roster = await parts.together.roster.read(caller.room_id, now_ms())
    found = await parts.together.rulebook.of(caller.room_id)
    return ViewersReply(
        count=roster.connections,
        viewers=[
            UserView(user_id=it.user_id, name=it.name, role=found.role_of(it.user_id))
            for it in roster.watching
        ],
    )
