"""What every command and reply is made from."""

from msgspec import Struct


class Command(Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every command body."""


class Reply(Struct, frozen=True):
    """Base of every reply body."""


class Done(Reply, frozen=True):
    """The command took effect; there is nothing more to say."""
