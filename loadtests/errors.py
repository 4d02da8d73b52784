"""What can go wrong around a run. What goes wrong for a buyer is in that buyer's record instead."""


class LoadError(Exception):
    """The run cannot be made; the message says what to do about it."""


class ServerUnreachable(LoadError):
    def __init__(self, url: str, reason: object) -> None:
        super().__init__(
            f"no server answers at {url} ({reason}); start one with `kaibo serve`, or leave --url "
            "out to have one started for the run"
        )


class HostRefused(LoadError):
    def __init__(self, room_id: str, reason: str) -> None:
        super().__init__(
            f"the server refused the host's token: {reason}; "
            f"print one with `kaibo token --role host --room {room_id}` and pass it as --host-token"
        )


class CommandRefused(LoadError):
    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"the server refused to {what}: {reason}")


class ServerFailed(LoadError):
    def __init__(self, log_tail: str) -> None:
        super().__init__(f"the server did not start; it said:\n{log_tail}")
