"""The network that loses answers and is slow, and how the processes of a server are found."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from loadtests.faults.processes import cpu_s, redis_of, tree, workers
from loadtests.faults.proxy import Network
from tests.harness import LiveServer

DELAY_MS = 150


def echo(listener: socket.socket) -> None:
    """Answers each line with itself, on each connection, until the listener is closed."""

    def answer(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(1000):
                connection.sendall(data)

    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=answer, args=(connection,), daemon=True).start()


@pytest.fixture
def network() -> Iterator[Network]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=echo, args=(listener,), daemon=True).start()
        found = Network(f"http://127.0.0.1:{listener.getsockname()[1]}")
        yield found
        found.close()


def connect(network: Network) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(network.url.rsplit(":", 1)[1])), 10)


def said(connection: socket.socket, words: bytes) -> bytes:
    connection.sendall(words)
    return connection.recv(1000)


def test_a_network_passes_on_what_it_is_not_told_to_lose(network: Network) -> None:
    with connect(network) as connection:
        assert said(connection, b"hello") == b"hello"
    assert network.left_to_lose() == 0


def test_the_answers_to_a_word_are_lost_as_often_as_it_was_told(network: Network) -> None:
    network.lose("reserve", 1)
    assert network.left_to_lose() == 1
    with connect(network) as connection:
        assert said(connection, b"reserve one") == b"", "the connection was broken instead"
    with connect(network) as connection:
        assert said(connection, b"reserve one") == b"reserve one"
    assert network.left_to_lose() == 0


def test_a_slow_network_is_slow_both_ways_until_it_is_told_otherwise(network: Network) -> None:
    with connect(network) as connection:
        network.slow(DELAY_MS)
        began_s = time.monotonic()
        assert said(connection, b"hello") == b"hello"
        assert time.monotonic() - began_s >= 2 * DELAY_MS / 1000
        network.slow(0)
        assert said(connection, b"again") == b"again"


def test_a_servers_processes_are_found_and_what_they_used(live_server: LiveServer) -> None:
    assert redis_of(live_server.pid) in tree(live_server.pid)
    assert workers(live_server.pid) == [], "one worker serves in the server's own process"
    assert cpu_s(live_server.pid) > 0


def test_what_a_child_has_used_counts_after_its_end() -> None:
    before_s = cpu_s(os.getpid())
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", busy], check=True)
    assert cpu_s(os.getpid()) - before_s >= 0.3
