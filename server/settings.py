"""Every setting, in one frozen object: from `KAIBO_*` in the environment, then from flags.

A setting is a field here and nothing else: the flag, the environment name, the help text and the
reference page are made from it. Units are in the names.
"""

import difflib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from inventory.payments.sandbox.faults import faults_of
from server.wanted import wanted

Port = Annotated[int, Meta(ge=0, le=65535)]
Positive = Annotated[int, Meta(ge=1)]
PaymentProvider = Literal["sandbox", "stripe"]
ReplicaWaitMs = Annotated[int, Meta(ge=1, le=4_000)]  # below the time a Redis has to answer
DurabilityName = Literal["memory", "fsync", "replica"]

PREFIX = "KAIBO_"
NEARNESS_MIN = 0.7  # of a mistyped name to the one that is suggested: prot is 0.75 from port
# From the environment only: a flag could be read by everybody on the machine, in its process list.
SECRETS = frozenset({"stripe_api_key", "stripe_webhook_secret"})
NO_SETTINGS = {"KAIBO_HOST_TOKEN"}  # the load test's, which may share a shell with a server


class SettingsError(ValueError):
    """A setting cannot be used; the message names it and says what would do."""


def _about(text: str) -> Meta:
    return Meta(description=text)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Kaibo's settings; every default suits one machine."""

    host: Annotated[str, _about("address to listen on")] = "127.0.0.1"
    port: Annotated[Port, _about("port to listen on; 0 takes a free one")] = 8000
    workers: Annotated[Positive, _about("worker processes that share the port")] = 1
    public_url: Annotated[
        str, _about("how browsers reach this server; default: from host and port")
    ] = ""
    data_dir: Annotated[str, _about("folder for the private Redis, SQLite, secret and video")] = (
        ".kaibo"
    )
    redis_url: Annotated[
        str,
        _about("one Redis, a Cluster or Sentinels; default: a private redis-server in data_dir"),
    ] = ""
    durability: Annotated[
        DurabilityName,
        _about("what a purchase survives once answered: memory, fsync or replica"),
    ] = "memory"
    replicas_min: Annotated[
        Positive, _about("replicas that must have a purchase, with durability replica")
    ] = 1
    replica_wait_ms: Annotated[
        ReplicaWaitMs, _about("how long to wait for them; then the answer says memory")
    ] = 500
    database_url: Annotated[
        str, _about("SQL ledger, sqlite:// or postgresql://; default: SQLite in data_dir")
    ] = ""
    token_secret: Annotated[
        str, _about("key that signs tokens; default: made once in data_dir")
    ] = ""
    payment_provider: Annotated[
        PaymentProvider, _about("who takes the buyers' money: sandbox (nobody) or stripe")
    ] = "sandbox"
    sandbox_faults: Annotated[
        str,
        _about("what goes wrong with the sandbox's webhooks, as copies=2,lost=3; default: nothing"),
    ] = ""
    stripe_api_key: Annotated[str, _about("Stripe's secret or restricted key (sk_ or rk_)")] = ""
    stripe_webhook_secret: Annotated[
        str,
        _about("the webhook endpoint's secret (whsec_), or an old and a new one with a comma"),
    ] = ""
    stripe_api_url: Annotated[str, _about("where Stripe's API is; another one is for tests")] = (
        "https://api.stripe.com"
    )
    webhooks_per_s_max: Annotated[
        Positive, _about("payment providers' reports a second, per worker; more are told to retry")
    ] = 1_000
    allowed_origins: Annotated[
        str, _about("origins, separated by commas, that may open sockets besides public_url's own")
    ] = ""
    guest_token_lifetime_s: Annotated[Positive, _about("how long a guest's token works")] = 604_800
    host_token_lifetime_s: Annotated[Positive, _about("how long a host's token works")] = 86_400
    message_bytes_max: Annotated[
        Positive, _about("largest message a client may send on a socket")
    ] = 16_384
    body_bytes_max: Annotated[Positive, _about("largest HTTP request body")] = 65_536
    picture_bytes_max: Annotated[Positive, _about("largest picture a host may send")] = 8_388_608
    header_bytes_max: Annotated[Positive, _about("largest HTTP request head")] = 16_384
    request_timeout_s: Annotated[
        Positive, _about("how long an HTTP request may take to arrive before its socket is closed")
    ] = 10
    connections_max: Annotated[
        Positive, _about("open sockets of one worker; more are closed as they are accepted")
    ] = 50_000
    connections_per_address_max: Annotated[
        Positive, _about("of those, from one IPv4 address or IPv6 /64; a proxy is one address")
    ] = 20_000
    connections_per_user_max: Annotated[
        Positive, _about("one user's connections to one room; one more closes the oldest with 4504")
    ] = 10
    commands_in_flight_max: Annotated[Positive, _about("unanswered commands per connection")] = 16
    egress_soft_bytes: Annotated[
        Positive,
        _about("bytes waiting for a slow viewer past which its events are shed"),
    ] = 65_536
    egress_bytes_max: Annotated[
        Positive,
        _about("bytes a slow viewer may fall behind before the connection is closed with 4008"),
    ] = 1_048_576
    ping_interval_s: Annotated[Positive, _about("how often an idle connection is checked")] = 20
    pong_timeout_s: Annotated[
        Positive, _about("how long to wait for the answer, then close 4012")
    ] = 20
    comments_per_minute_max: Annotated[
        Positive, _about("comments a viewer may send per minute")
    ] = 30
    room_comments_per_s_max: Annotated[
        Positive,
        _about("viewers' comments a second in one room, per worker, past which a sample is shown"),
    ] = 40
    room_events_kept: Annotated[
        Positive, _about("numbered events each room's stream remembers")
    ] = 1_000
    extension_s: Annotated[Positive, _about("time added to a hold, once, when payment starts")] = (
        120
    )
    retention_s: Annotated[
        Positive, _about("how long a finished hold and its id are remembered in Redis")
    ] = 86_400
    reconcile_interval_s: Annotated[
        Positive, _about("how often the running server audits itself, as kaibo audit does")
    ] = 60
    outbox_entries_max: Annotated[
        Positive,
        _about("outbox entries, of up to 128 holds each, not yet in SQL at which sales pause"),
    ] = 50_000

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ, **flags: str | None) -> "Settings":
        """Settings from `environ` (KAIBO_PORT, ...) overridden by `flags` that are not None.

        Raises SettingsError naming the setting that does not exist or cannot be read.
        """
        _refuse_unknown(environ)
        given: dict[str, str] = {}
        for name in cls.__struct_fields__:
            variable = environ_name(name)
            if variable in environ:
                given[name] = environ[variable]
            flag = flags.get(name)
            if flag is not None:
                given[name] = flag
        return cls(**{name: cls._read(name, text) for name, text in given.items()})

    @classmethod
    def _read(cls, name: str, text: str) -> Any:
        try:
            value = msgspec.convert(text, _hints()[name], strict=False)
        except msgspec.ValidationError:
            rule = f"must be {wanted(_hints()[name])}"
            raise SettingsError(f"{both_names(name)}: {rule}; got {text!r}") from None
        check = _CHECKS.get(name)
        refused = check(text) if check and text else None
        if refused:
            raise SettingsError(f"{both_names(name)}: {refused}; got {text!r}")
        return value

    def __repr__(self) -> str:
        return f"<Settings data_dir={self.data_dir!r}>"  # and no secret

    def environ(self) -> dict[str, str]:
        """The same settings as environment variables, for a process of our own."""
        return {environ_name(name): str(getattr(self, name)) for name in self.__struct_fields__}

    @property
    def data_path(self) -> Path:
        return Path(self.data_dir).expanduser().resolve()

    def make_data_folder(self) -> Path:
        """The data folder; a new one is its owner's only, as it holds a key and buyers' names."""
        self.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.data_path


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    """A mistyped variable would be a setting that silently does nothing."""
    known = {environ_name(name) for name in Settings.__struct_fields__}
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and variable not in known | NO_SETTINGS:
            raise SettingsError(f"{variable} is no setting: {_advice(variable)}")


def _advice(variable: str) -> str:
    """Without the prefix, which would make every name a near one."""
    meant = variable.removeprefix(PREFIX).lower()
    near = difflib.get_close_matches(meant, Settings.__struct_fields__, n=1, cutoff=NEARNESS_MIN)
    return f"did you mean {environ_name(near[0])}?" if near else "see: kaibo serve --help"


def _web_address(text: str) -> str | None:
    """What is wrong with an address, or None."""
    wrong = "an address begins with http:// or https://"
    try:
        found = urlsplit(text)
    except ValueError:
        return wrong
    return None if found.scheme in ("http", "https") and found.netloc else wrong


def _sandbox_faults(text: str) -> str | None:
    try:
        faults_of(text)
    except ValueError as error:
        return str(error)
    return None


_CHECKS: dict[str, Callable[[str], str | None]] = {
    "public_url": _web_address,
    "stripe_api_url": _web_address,
    "sandbox_faults": _sandbox_faults,
}


def _hints() -> dict[str, Any]:
    return get_type_hints(Settings, include_extras=True)


def environ_name(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def flag_name(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def both_names(name: str) -> str:
    """How an error names a setting."""
    if name in SECRETS:
        return environ_name(name)
    return f"{environ_name(name)} (flag {flag_name(name)})"


def describe(name: str) -> str:
    """The help text of one setting."""
    info = msgspec.inspect.type_info(_hints()[name])
    while isinstance(info, msgspec.inspect.Metadata):
        schema = info.extra_json_schema or {}
        if "description" in schema:
            return str(schema["description"])
        info = info.type
    raise LookupError(name)
