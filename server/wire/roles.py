"""Who may do what: the least role for each command, and nothing else anywhere decides it.

A host is one by its token, an assistant because a host made it one, everybody else is a viewer.
"""

from server.wire.views import Role

# The least role that may use each command.
LEAST_ROLE: dict[str, Role] = {
    "ping": "viewer",
    "comment": "viewer",
    "like": "viewer",
    "vote": "viewer",
    "ask_question": "viewer",
    "upvote": "viewer",
    "attention": "viewer",
    "reserve": "viewer",
    "readmit": "viewer",
    "cancel": "viewer",
    "pay": "viewer",
    "holds": "viewer",
    "remove_comment": "assistant",
    "pin_comment": "assistant",
    "announce": "assistant",
    "mute": "assistant",
    "unmute": "assistant",
    "ban": "assistant",
    "unban": "assistant",
    "set_rules": "assistant",
    "rules": "assistant",
    "open_poll": "assistant",
    "close_poll": "assistant",
    "answer_question": "assistant",
    "viewers": "assistant",
    "set_role": "host",
    "put_room": "host",
    "put_product": "host",
    "order_products": "host",
    "put_sale": "host",
    "start_sale": "host",
    "end_sale": "host",
    "pause_sale": "host",
    "resume_sale": "host",
    "restock": "host",
    "refund": "host",
    "pin": "host",
    "rundown": "host",
    "put_rundown": "host",
    "run_step": "host",
}

_RANKS: dict[Role, int] = {"viewer": 0, "assistant": 1, "host": 2}


def may(role: Role, op: str) -> bool:
    """Whether `role` may use the command `op`."""
    return _RANKS[role] >= _RANKS[LEAST_ROLE[op]]
