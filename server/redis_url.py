"""What KAIBO_REDIS_URL may be, and what it says: one Redis, a Cluster, or a primary that Sentinels
name. Pure.

    redis://[user:password@]host[:port][/database]           one Redis, over TCP
    unix:///path/to/socket                                   one Redis, on this machine
    redis+cluster://[user:password@]host[:port],host...      a Cluster, found through any of these
    redis+sentinel://[user:password@]host[:port],.../name    the primary that they call `name`

`rediss` in place of `redis` is TLS. A query holds options of the client's connections, such as
`?db=1` or `?ssl_ca_certs=/path`; `sentinel_username` and `sentinel_password` are for Sentinels.
No message repeats a URL, because a password may be in it.
"""

from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from redis.asyncio.connection import SSLConnection, parse_url

REDIS_PORT = 6379
SENTINEL_PORT = 26379
FORMS = (
    "redis://, rediss:// or unix:// for one Redis, redis+cluster:// or rediss+cluster:// for a"
    " Cluster, redis+sentinel:// or rediss+sentinel:// for Sentinels"
)
PORT_MAX = 65_535

Kind = Literal["one", "cluster", "sentinel"]


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Target(NamedTuple):
    """`options` are for connections to Redis, `sentinel_options` for those to Sentinels."""

    kind: Kind
    addresses: tuple[Address, ...]
    options: dict[str, Any]
    service: str = ""
    sentinel_options: dict[str, Any] = {}  # noqa: RUF012 - never changed

    @property
    def is_tls(self) -> bool:
        return self.options.get("connection_class") is SSLConnection


def read_redis_url(url: str) -> Target:
    """Raises ValueError, which says what is wrong with it in words for whoever set it."""
    scheme, _, rest = url.partition("://")
    base, _, kind = scheme.partition("+")
    if scheme in ("redis", "rediss", "unix"):
        return Target("one", (), _options(url))
    if base not in ("redis", "rediss") or kind not in ("cluster", "sentinel"):
        raise ValueError(f"it has to begin with {FORMS}")
    return _cluster(base, rest) if kind == "cluster" else _sentinel(base, rest)


def _cluster(base: str, rest: str) -> Target:
    hosts, path, query = _parts(rest)
    options = _options(f"{base}://{_login(rest)}{'?' if query else ''}{query}")
    if path.strip("/") or options.get("db"):
        raise ValueError("a Cluster has no databases: nothing may follow its hosts but ?options")
    options = _without(options, "host", "db")
    return Target("cluster", _addresses(hosts, REDIS_PORT), options)


def _sentinel(base: str, rest: str) -> Target:
    hosts, path, query = _parts(rest)
    service = unquote(path.strip("/"))
    if not service or "/" in service:
        raise ValueError("after the Sentinels comes /name, as they call the primary, alone")
    pairs = parse_qsl(query)
    theirs = {
        name.removeprefix("sentinel_"): value
        for name, value in pairs
        if name in ("sentinel_username", "sentinel_password")
    }
    ours = urlencode([pair for pair in pairs if pair[0].removeprefix("sentinel_") not in theirs])
    options = _without(_options(f"{base}://{_login(rest)}?{ours}"), "host")
    return Target("sentinel", _addresses(hosts, SENTINEL_PORT), options, service, theirs)


def _without(options: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in names}


def _parts(rest: str) -> tuple[str, str, str]:
    """Hosts, path and query of what follows the scheme."""
    split = urlsplit(f"//{rest}")
    return split.netloc.rpartition("@")[2], split.path, split.query


def _login(rest: str) -> str:
    """`user:password@localhost`; the host says nothing and lets the client's own reader read."""
    login, at, _ = urlsplit(f"//{rest}").netloc.rpartition("@")
    return f"{login}{at}localhost"


def _addresses(hosts: str, port: int) -> tuple[Address, ...]:
    return tuple(_address(each.strip(), port) for each in hosts.split(","))


def _address(text: str, default_port: int) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):  # no port; brackets hold an IPv6 address
        host, port = text, str(default_port)
    host = host.removeprefix("[").removesuffix("]")
    if not host:
        raise ValueError("a host is missing: host:port,host:port")
    if not port.isdecimal() or not 0 < int(port) <= PORT_MAX:
        raise ValueError(f"the port of {host} is a number from 1 to {PORT_MAX}")
    return Address(host, int(port))


def _options(url: str) -> dict[str, Any]:
    """What redis-py makes of a URL for one Redis; its reasons may quote parts of a password."""
    try:
        options: dict[str, Any] = dict(parse_url(url))
    except ValueError as error:
        if str(error).startswith("Invalid value for"):  # names an option, and nothing else
            raise ValueError(str(error)) from None
        raise ValueError(
            "host, port or database cannot be read; write characters such as / @ : # of a password"
            " percent-encoded"
        ) from None
    return options
