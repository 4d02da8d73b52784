"""Who is connected, and who is one too many."""

import pytest

from server.census import Census, Limits, network_of

LIMITS = Limits(in_all=5, per_address=3, per_user=2)


@pytest.fixture
def census() -> Census[str]:
    return Census(LIMITS)


def test_an_address_may_have_so_many_sockets_and_no_more(census: Census[str]) -> None:
    assert [census.enter("10.0.0.1") for _ in range(4)] == [True, True, True, False]
    assert census.enter("10.0.0.2")


def test_all_addresses_together_may_have_so_many_sockets(census: Census[str]) -> None:
    assert [census.enter(f"10.0.0.{n}") for n in range(6)] == [True] * 5 + [False]


def test_who_leaves_makes_place(census: Census[str]) -> None:
    for _ in range(3):
        census.enter("10.0.0.1")
    census.leave("10.0.0.1")
    assert census.enter("10.0.0.1")
    assert not census.enter("10.0.0.1")


def test_a_refused_socket_was_never_counted(census: Census[str]) -> None:
    for _ in range(9):
        census.enter("10.0.0.1")
    for _ in range(3):
        census.leave("10.0.0.1")
    assert repr(census) == "<Census 0 sockets, 0 users>"


def test_the_oldest_connection_of_a_user_must_go(census: Census[str]) -> None:
    assert [census.sit("room", "ann", tab) for tab in "abcd"] == [None, None, "a", "b"]


def test_users_and_rooms_are_counted_apart(census: Census[str]) -> None:
    for room_id in ("tea", "silk"):
        for user_id in ("ann", "bob"):
            assert [census.sit(room_id, user_id, tab) for tab in "ab"] == [None, None]


def test_who_rises_makes_place_also_after_being_told_to_go(census: Census[str]) -> None:
    for tab in "abc":
        census.sit("room", "ann", tab)
    census.rise("room", "ann", "a")  # it was the one too many
    census.rise("room", "ann", "b")
    assert census.sit("room", "ann", "d") is None
    for tab in "cd":
        census.rise("room", "ann", tab)
    assert repr(census) == "<Census 0 sockets, 0 users>"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2::9", "2001:0db8:0001:0002"),
        ("::1", "0000:0000:0000:0000"),
        ("", ""),
    ],
)
def test_what_one_client_controls_is_one_network(address: str, network: str) -> None:
    assert network_of(address) == network
