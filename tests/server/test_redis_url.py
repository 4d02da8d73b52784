"""What KAIBO_REDIS_URL may be, and what is said of one that cannot be used."""

import pytest
from redis.asyncio import UnixDomainSocketConnection

from server.redis_url import Address, read_redis_url


def test_one_redis_is_read_as_its_client_reads_it() -> None:
    target = read_redis_url("redis://ann:p%40ss@shop.example:6400/3?client_name=kaibo")
    assert (target.kind, target.is_tls) == ("one", False)
    assert target.options == {
        "host": "shop.example",
        "port": 6400,
        "username": "ann",
        "password": "p@ss",
        "db": 3,
        "client_name": "kaibo",
    }
    assert read_redis_url("rediss://shop.example").is_tls
    socket = read_redis_url("unix:///run/redis.sock").options
    assert socket == {"path": "/run/redis.sock", "connection_class": UnixDomainSocketConnection}


def test_a_cluster_is_found_through_any_of_several_hosts() -> None:
    target = read_redis_url("redis+cluster://ann:p%2Fss@one,two:7001,[fd00::1]:7002/?db=0")
    assert target.kind == "cluster"
    assert target.addresses == (
        Address("one", 6379),
        Address("two", 7001),
        Address("fd00::1", 7002),
    )
    assert target.options == {"username": "ann", "password": "p/ss"}
    assert read_redis_url("rediss+cluster://one?ssl_cert_reqs=none").is_tls


def test_sentinels_name_the_primary_of_a_service_and_may_have_a_login_of_their_own() -> None:
    target = read_redis_url(
        "redis+sentinel://:secret@one,two:7001/shop?db=2&sentinel_username=s&sentinel_password=t%26"
    )
    assert (target.kind, target.service) == ("sentinel", "shop")
    assert target.addresses == (Address("one", 26379), Address("two", 7001))
    assert target.options == {"password": "secret", "db": 2}
    assert target.sentinel_options == {"username": "s", "password": "t&"}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "begin with redis://"),
        ("http://host", "begin with redis://"),
        ("redis+ring://host", "begin with redis://"),
        ("unix+cluster:///run/redis.sock", "begin with redis://"),
        ("redis+cluster://", "a host is missing"),
        ("redis+cluster://one,,two", "a host is missing"),
        ("redis+cluster://one:port", "the port of one"),
        ("redis+cluster://one:70000", "the port of one"),
        ("redis+cluster://one/1", "no databases"),
        ("redis+cluster://one?db=1", "no databases"),
        ("redis+cluster://one?db=many", "Invalid value for 'db'"),
        ("redis+sentinel://one", "/name"),
        ("redis+sentinel://one/", "/name"),
        ("redis+sentinel://one/shop/0", "/name"),
        ("redis+sentinel://:26379/shop", "a host is missing"),
        ("redis://:s3cret/x@host", "percent-encoded"),
        ("redis+cluster://:s3cret/x@host", ""),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_repeating_it(url: str, said: str) -> None:
    with pytest.raises(ValueError) as refusal:
        read_redis_url(url)
    assert said in str(refusal.value)
    assert "s3cret" not in str(refusal.value)
