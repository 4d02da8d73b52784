"""The protocol page: prose from protocol.md beside this file, facts from `server.wire`."""

from collections.abc import Iterator

from msgspec import Struct

from inventory.hold import OFFER_DURATION_MS, READMITTED_MIN_MS
from inventory.uuid7 import FUTURE_MAX_MS
from rooms.questions import OPEN_MAX, OPEN_PER_USER_MAX
from rooms.questions import SHOWN_MAX as QUESTIONS_SHOWN_MAX
from server import session
from server.assembly import FRAGMENTS_MAX, FRAME_RATE
from server.http.endpoints import ENDPOINTS
from server.input_pace import HELD_BYTES_MAX
from server.reference.codes import close_table, error_table
from server.reference.markdown import (
    doc,
    field_list,
    field_table,
    filled,
    number,
    require_same,
    shape,
    table,
)
from server.settings import Settings
from server.snapshots import COMMENTS_SHOWN_MAX
from server.wire.codec import BEARER_PREFIX, JSON, MSGPACK
from server.wire.codes import FINAL_MAX, FINAL_MIN, RECONNECT_MAX, RECONNECT_MIN
from server.wire.commands import COMMANDS, REPLIES, Command
from server.wire.events import EVENTS, ErrorBody, Greeting, RoomSnapshot
from server.wire.roles import LEAST_ROLE
from server.wire.typescript import collect
from server.wire.views import Role

# What no docstring says. A command needs an entry only where there is more to know.
COMMAND_NOTES: dict[str, str] = {
    "ping": "Answered at once, also while commands are waiting. See [the clock](#the-clock).",
    "comment": "Say something. White space is joined and invisible characters are dropped; the "
    "reply has the comment as others see it, and if it is `shown`, it also comes back as an event. "
    "The comment's own id is the server's.",
    "like": "There is no limit to likes except the rate of commands.",
    "vote": "Voting for the same again is answered the same, also when the poll is closed.",
    "ask_question": "The question's own id is the server's, as it is in the reply.",
    "remove_comment": "It must be among the room's latest events. Removing it again changes "
    "nothing. What is pinned and removed is unpinned.",
    "ban": "Within a second, on every worker. A guest may come back as another guest.",
    "mute": "A host cannot be muted or banned, and an assistant only by a host.",
    "set_rules": "Blocked words are looked for in the letters and digits of a comment and of the "
    "name beside it: full-width forms, case, accents, spaces, punctuation and invisible characters "
    "hide nothing. They bind viewers only, as slow mode does.",
    "open_poll": "Only the room's last poll is remembered.",
    "answer_question": "For those that nobody wants to answer, too.",
    "set_role": "The user is told by a `role` event. An assistant's token stays a viewer's.",
    "attention": "Send it seldom, with what gathered for some seconds. Only viewers are counted.",
    "run_step": "Refuses as the step's own command does too, and then the step is not done.",
    "reserve": "See [reservations](#reservations).",
    "readmit": "See [receipts](#receipts). Repeating it is harmless.",
    "cancel": "Give a reservation's units back. Repeating it is harmless.",
    "pay": "Open `pay_url` in a browser. Asking again gives the same page and extends nothing. The "
    "order is paid when a `hold` event says so, not when the page returns.",
    "holds": "From the ledger, which is a moment behind: a reservation that was answered just now "
    "may not be in it yet.",
    "put_room": "Open the room, or replace what it shows.",
    "put_product": "Create a product, or change it. Prices are integer cents.",
    "put_sale": "Nobody can buy until it is started. Other terms under the same id are KEY_REUSED.",
    "start_sale": "Opens `countdown_s` from now and closes `duration_s` after that. Once per sale.",
    "end_sale": "Close a sale now, before its time. Holds already given stay payable.",
    "pause_sale": "Sell nothing for a while. Holds stay payable, and the time runs on.",
    "resume_sale": "Sell again after a pause.",
}

EVENT_NOTES: dict[str, str] = {
    "sale": "a sale was created, started, ended, restocked or paused; replaces what you know of it",
    "comment": "somebody said something, perhaps you",
    "comment_removed": "somebody removed it",
    "comment_pinned": "this comment is pinned above the others; null: none is",
    "announcement": "the host has something to say to everybody",
    "poll": "a poll was opened, voted in or closed; twice a second at most while votes come",
    "question": "a question was asked, upvoted or answered; upvotes twice a second at most",
    "role": "only to the user whose role in the room changed",
    "pin": "this product is pinned above the video; null: none is",
    "room": "the room's title, video or currency changed",
    "product": "a product was created or changed",
    "product_order": "the host put the products into another order",
    "rundown": "the run-of-show was changed, or a step of it was done",
    "hold": "only to its own buyer, on every connection: held, extended, paid, cancelled, expired; "
    "may come twice",
    "restored": "Redis had lost the room's sales and an operator restored them; see "
    "[receipts](#receipts). The sales follow as they are now",
    "stock": "a sale's counters; only the latest of each sale is sent",
    "likes": "likes since the last of these, and ever; four times a second at most",
    "viewers": "how many watch, about once a second and only when it changes; hosts do not count",
    "bought": "units were paid for just now; only the latest of each product is sent; of a name "
    "its first and last character are shown, or null if its owner has left",
    "skipped": "you were too slow to follow: so many comments before this were not sent to you",
}

WHOSE: dict[Role, str] = {
    "viewer": "",
    "assistant": " (hosts and assistants)",
    "host": " (hosts)",
}

# Of the commands that exist on the socket alone; for the others the endpoint says it.
_SPEECH = ("MUTED", "BLOCKED_WORDS")
SOCKET_REFUSALS: dict[str, tuple[str, ...]] = {
    "comment": (*_SPEECH, "SLOW_MODE"),
    "vote": ("UNKNOWN_POLL", "ALREADY_VOTED", "POLL_CLOSED", "LIMIT_REACHED"),
    "ask_question": (*_SPEECH, "LIMIT_REACHED"),
    "upvote": ("UNKNOWN_QUESTION", "LIMIT_REACHED"),
    "remove_comment": ("UNKNOWN_COMMENT",),
    "pin_comment": ("UNKNOWN_COMMENT",),
    "mute": ("LIMIT_REACHED",),
    "ban": ("LIMIT_REACHED",),
    "set_role": ("LIMIT_REACHED",),
    "put_rundown": ("CHANGED_MEANWHILE",),
    "run_step": ("UNKNOWN_STEP",),
    "open_poll": ("POLL_OPEN", "KEY_REUSED"),
    "close_poll": ("UNKNOWN_POLL",),
    "answer_question": ("UNKNOWN_QUESTION",),
}

DELIVERIES = {
    "critical": "never left out while you are connected, except that a `hold` may be when Redis "
    "was away: ask for `holds` where it matters",
    "chat": "all of it, unless you are too slow: then the oldest are skipped and counted",
    "state": "an older one may be left out when a newer one of the same key follows",
    "ambient": "may be left out when a store is away",
}


def render() -> str:
    settings = Settings()
    return filled(
        "protocol.md",
        {
            "msgpack": MSGPACK.subprotocol,
            "json": JSON.subprotocol,
            "bearer": BEARER_PREFIX,
            "commands": "\n\n".join(_command(op) for op in COMMANDS),
            "events": _events(),
            "deliveries": table(["class", "meaning"], DELIVERIES.items()),
            "greeting": field_list(Greeting),
            "welcome": field_list(RoomSnapshot),
            "error": field_list(ErrorBody),
            "views": "\n\n".join(_views()),
            "errors": error_table(),
            "closes": close_table(),
            "limits": _limits(settings),
            "retention_h": number(settings.retention_s // 3600),
            "future_min": number(FUTURE_MAX_MS // 60_000),
            "extension_s": number(settings.extension_s),
            "readmitted_s": number(READMITTED_MIN_MS // 1_000),
            "offer_s": number(OFFER_DURATION_MS // 1_000),
            "comments_shown": number(COMMENTS_SHOWN_MAX),
            "questions_shown": number(QUESTIONS_SHOWN_MAX),
            "socket_only": _socket_only(),
            "reconnect": f"{RECONNECT_MIN}-{RECONNECT_MAX}",
            "final": f"{FINAL_MIN}-{FINAL_MAX}",
        },
    )


def _command(op: str) -> str:
    require_same("COMMAND_NOTES", set(COMMAND_NOTES) - set(COMMANDS), ())
    body, reply = COMMANDS[op], REPLIES[op]
    said = " ".join(filter(None, (doc(body), COMMAND_NOTES.get(op, ""))))
    parts = [f"### `{op}`{WHOSE[LEAST_ROLE[op]]}", said]
    parts.append(field_table(body) or "The body is an empty map.")
    parts += _inner_bodies(body)
    replied = f"`{shape(reply)}`" if reply.__struct_fields__ else "an empty map"
    parts.append(" ".join(filter(None, (f"Reply: {replied}.", doc(reply)))))
    codes = _refusals(op)
    if codes:
        parts.append(f"Refuses with {', '.join(f'`{code}`' for code in codes)}.")
    return "\n\n".join(parts)


def _inner_bodies(body: type[Command]) -> list[str]:
    return [
        f"Each `{info.cls.__name__}`:\n\n{field_table(info.cls)}"
        for info in collect([body])
        if info.cls is not body
    ]


def _refusals(op: str) -> list[str]:
    """The codes of this command's own; those that any command may get are said once."""
    own = [endpoint.refusals for endpoint in ENDPOINTS if endpoint.name == op]
    own.append(SOCKET_REFUSALS.get(op, ()))
    return [code for codes in own for code in codes if code not in ("UNKNOWN_ROOM", "UNAVAILABLE")]


def _socket_only() -> str:
    served = {endpoint.name for endpoint in ENDPOINTS}
    return ", ".join(f"`{op}`" for op in COMMANDS if op not in served)


def _events() -> str:
    require_same("EVENT_NOTES", EVENT_NOTES, EVENTS)
    require_same("DELIVERIES", DELIVERIES, {kind.delivery for kind in EVENTS.values()})
    rows = [
        [
            f"`{name}`",
            f"`{shape(kind.body)}`",
            kind.delivery,
            "yes" if kind.numbered else "no",
            EVENT_NOTES[name],
        ]
        for name, kind in EVENTS.items()
    ]
    return table(["type", "body", "class", "numbered", "meaning"], rows)


def _views() -> Iterator[str]:
    """Every struct that replies, events and the welcome are made of."""
    bodies: list[type[Struct]] = [*REPLIES.values(), *(kind.body for kind in EVENTS.values())]
    bodies += [Greeting, RoomSnapshot]
    shown = set(bodies)
    for info in collect(bodies):
        if info.cls not in shown:
            said = doc(info.cls)
            yield f"**{info.cls.__name__}**{f': {said}' if said else ''}\n\n{field_list(info.cls)}"


def _limits(settings: Settings) -> str:
    rate = session.COMMAND_RATE
    rows = [
        [
            "the handshake",
            f"{number(settings.header_bytes_max)} bytes, within {settings.request_timeout_s} s",
            "refused or cut off",
        ],
        [
            "what you send before the welcome",
            f"{number(HELD_BYTES_MAX)} bytes",
            "closed with 1009",
        ],
        [
            "a message",
            f"{number(settings.message_bytes_max)} bytes, in {FRAGMENTS_MAX} frames",
            "closed with 1009",
        ],
        [
            "frames of a connection, of every kind",
            f"{FRAME_RATE.burst} at once, then {FRAME_RATE.per_minute // 60} a second",
            "closed with 4029",
        ],
        [
            "commands of a connection",
            f"{rate.burst} at once, then {rate.per_minute // 60} a second",
            f"`RATE_LIMITED`; after {session.REFUSALS_MAX} of these, closed with 4029",
        ],
        [
            "commands awaiting answers",
            str(settings.commands_in_flight_max),
            "`TOO_MANY_IN_FLIGHT`",
        ],
        [
            "comments of a viewer",
            f"a few at once, then {settings.comments_per_minute_max} a minute; hosts: no limit",
            "`RATE_LIMITED`",
        ],
        [
            "comments of a room's viewers",
            f"{settings.room_comments_per_s_max} a second and worker",
            "`shown` is false: only you see it",
        ],
        [
            "open questions",
            f"{OPEN_MAX} in a room, {OPEN_PER_USER_MAX} of a user",
            "`LIMIT_REACHED`",
        ],
        [
            "bytes not yet read by you",
            number(settings.egress_bytes_max),
            "cut off with 4008",
        ],
        [
            "silence",
            f"{settings.ping_interval_s} s, a WebSocket ping, {settings.pong_timeout_s} s more",
            "closed with 4012",
        ],
    ]
    return table(["what", "limit by default", "beyond it"], rows)
