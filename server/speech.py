"""Whether somebody may say something now: what is left to show of it, or the refusal.

    everybody   something must be left to show of the text
    not hosts   muted
    viewers     blocked words, in the text and in the name beside it; then the rate

Slow mode comes last of all and is for comments only, because asking whether it is over begins it.
"""

import hashlib
import secrets

from rooms import moderation
from rooms.rules import Rules
from server.clock import now_ms
from server.handlers.parts import HandlerParts
from server.shown_text import shown
from server.tokens import Caller
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody


async def admitted(parts: HandlerParts, caller: Caller, written: str) -> str | ErrorBody:
    """The text to show, or why there is none."""
    text = shown(written, "text")
    if isinstance(text, ErrorBody):
        return text
    if caller.role == "host":
        return text
    rules = await parts.together.rulebook.of(caller.room_id)
    muted_ms = rules.muted_for_ms(caller.user_id, now_ms())
    if muted_ms:
        return _later(ErrorCode.MUTED, "you are muted in this room", muted_ms)
    return text if caller.role == "assistant" else _as_viewer(parts, caller, rules, text)


def _as_viewer(parts: HandlerParts, caller: Caller, rules: Rules, text: str) -> str | ErrorBody:
    for what, words in (("that", text), ("your name", caller.name)):
        if moderation.is_blocked(words, rules.folded_words):
            return ErrorBody(
                code=ErrorCode.BLOCKED_WORDS, message=f"{what} has a word that is not allowed here"
            )
    wait_ms = parts.comment_limiter.take(f"{caller.room_id}:{caller.user_id}", now_ms())
    if wait_ms:
        return _later(ErrorCode.RATE_LIMITED, "too many comments", wait_ms)
    return text


async def slowed(parts: HandlerParts, caller: Caller, comment_id: str) -> ErrorBody | None:
    """The refusal if slow mode makes this viewer wait, else None and the wait begins."""
    if caller.role != "viewer":
        return None
    pause_s = (await parts.together.rulebook.of(caller.room_id)).slow_mode_s
    if not pause_s:
        return None
    wait_ms = await parts.together.rules.wait_ms(
        caller.room_id, caller.user_id, comment_id, pause_s
    )
    said = f"slow mode: one comment in {pause_s} s"
    return _later(ErrorCode.SLOW_MODE, said, wait_ms) if wait_ms else None


def own_id(user_id: str, chosen_id: str | None, text: str) -> str:
    """An id that nobody else can make: the same for the same user, chosen id and text, so that a
    retry is known, and nobody can take the id of another's comment."""
    if chosen_id is None:
        return secrets.token_hex(12)
    whole = f"{user_id}\n{chosen_id}\n{text}".encode()
    return hashlib.blake2b(whole, digest_size=12).hexdigest()


def _later(code: ErrorCode, said: str, wait_ms: int) -> ErrorBody:
    message = f"{said}; try again in {-(-wait_ms // 1000)} s"
    return ErrorBody(code=code, message=message, retry_after_ms=wait_ms)
