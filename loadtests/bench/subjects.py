"""What is measured: the floor, Kaibo, and the peers; each a child process with its crowd's door."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from loadtests.bench.channel import Channel
from loadtests.bench.children import Child, child
from loadtests.bench.crowd import Crowd, Door
from loadtests.bench.frames import client_frame, handshake
from loadtests.bench.stage import Stage

FLOOR = "floor"
OURS = "kaibo"
PEERS = {  # the name it has in the report: its program, and the package it is from
    "websockets": ("broadcast", "websockets"),
    "starlette": ("loop", "starlette"),
    "picows": ("cython", "picows"),
    "socketio": ("emit", "python-socketio"),
}
SUBJECTS = (FLOOR, OURS, *PEERS)
PACKAGES = ("uvicorn", "uvloop", "redis", "hiredis", *(package for _, package in PEERS.values()))
SOCKETIO_PATH = "/socket.io/?EIO=4&transport=websocket"
SOCKETIO_CONNECT = client_frame(b"40", text=True)


class Subject(NamedTuple):
    """A running server, its readers, and what makes it send `n` events to each of them."""

    name: str
    child: Child
    crowd: Crowd
    burst: Callable[[int], None]


@contextmanager
def running(name: str, stage: Stage, viewers: int, quiet_s: float) -> Iterator[Subject]:
    """A subject with `viewers` readers who have heard everything that a newcomer hears."""
    with server(name, stage) as process:
        crowd = Crowd(door_of(name, stage, process, viewers))
        try:
            crowd.arrive(viewers)
            crowd.settle(quiet_s)
            yield Subject(name, process, crowd, _burst_of(name, stage, process))
        finally:
            crowd.close()


@contextmanager
def server(name: str, stage: Stage) -> Iterator[Child]:
    """The server alone."""
    if name == OURS:
        with stage.worker() as worker:
            yield worker
        return
    module = "bare" if name == FLOOR else PEERS[name][0]
    command = [sys.executable, "-m", f"loadtests.bench.peers.{module}"]
    if name != FLOOR:
        command += ["--redis", stage.redis_url, "--channel", _channel_name(name)]
    with child(command, (stage.cores.server,), stage.log_path()) as process:
        yield process


def door_of(name: str, stage: Stage, process: Child, viewers: int) -> Door:
    if name == OURS:
        return stage.door(process, viewers)
    if name == "socketio":
        request = handshake(SOCKETIO_PATH, {})
        return Door(process.port, lambda _: request, after=SOCKETIO_CONNECT)
    request = handshake("/", {})
    return Door(process.port, lambda _: request)


def _burst_of(name: str, stage: Stage, process: Child) -> Callable[[int], None]:
    if name == FLOOR:
        return lambda events: process.order(str(events))
    channel = stage.channel() if name == OURS else Channel(stage.redis, _channel_name(name))
    channel.wait_for_subscriber()
    return channel.burst


def _channel_name(name: str) -> str:
    return f"kaibo:{{bench-{name}}}:live"
