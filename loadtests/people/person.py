"""What everybody in the room does: fetch a token, join, come back after a drop, ask, leave.

Each step is an event of its own in locust's statistics (of type "kaibo") and on the show's
timeline. A person comes once, stays until the show is closed, and never gives up on the network.
"""

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import ClassVar

import msgspec
from locust import FastHttpUser, task
from locust.exception import StopUser

from loadtests.people.human import backoff_s
from loadtests.people.room_socket import LOST, Clock, ConnectionEnded, RoomSocket
from loadtests.show import Show
from server.wire.bodies import Command, Reply
from server.wire.events import ErrorBody, EventBody

RETRYABLE = {"NOT_STARTED", "PAUSED", "UNAVAILABLE", "RATE_LIMITED", "TOO_MANY_IN_FLIGHT"}
FAILING = {"UNAVAILABLE", "RATE_LIMITED", "TOO_MANY_IN_FLIGHT", "INTERNAL", "STATE_LOST", "BROKEN"}
TRYING_S_MAX = 40.0  # with one command, over drops and refusals that say to come back
WATCH_SLICE_S = 1.0


class Disappointed(Exception):
    """Something that should have happened did not; the words go into the record."""


class Person(FastHttpUser):
    """What all have in common. `show` is set by the run, which makes the classes."""

    abstract = True
    connection_timeout = 10.0
    network_timeout = 15.0
    show: ClassVar[Show]
    wanted: ClassVar[frozenset[str]] = frozenset()  # events that are decoded

    @task
    def visit(self) -> None:
        self.dice = random.Random()
        self.socket: RoomSocket | None = None
        self.clock = Clock()
        self.token = ""
        self.user_id = ""
        self.waiting_since_ms = 0
        try:
            self.take_part()
        finally:
            self.leave()
        self.show.await_end()  # whoever stopped now would be replaced by locust
        raise StopUser

    def take_part(self) -> None:
        raise NotImplementedError

    def hear(self, body: EventBody, at_ms: int) -> None:
        """An event of one of the `wanted` types."""

    # Coming and going.

    def enter(self, name: str) -> None:
        """With a guest's token, however often it takes. Raises Disappointed."""
        self.persist(lambda: self.fetch_token(name))
        self.persist(self.join)

    def fetch_token(self, name: str) -> None:
        with self.step("token"):
            path = f"/v1/rooms/{self.show.room_id}/tokens"
            answer = self.client.post(path, json={"name": name}, name="POST tokens")
            if answer.status_code != HTTPStatus.CREATED:
                raise ConnectionEnded(None, f"no token: HTTP {answer.status_code}")
            body = answer.json()
        self.user_id, self.token = str(body["user_id"]), str(body["token"])

    def join(self) -> None:
        """Connect, or connect again. Raises one of LOST."""
        assert self.host is not None
        with self.step("join"):
            socket = RoomSocket(self.host, self.show.room_id, self.token, self.hear, self.wanted)
        self.socket = socket
        self.show.came()
        self.clock = socket.sync_clock()
        self.joined(socket)

    def joined(self, socket: RoomSocket) -> None:
        """After each welcome."""

    def rejoin(self) -> None:
        self.leave()
        self.persist(self.join)

    def leave(self) -> None:
        if self.socket is not None:
            self.show.went()
            with contextlib.suppress(*LOST):
                self.socket.close()
        self.socket = None

    def drop(self) -> None:
        """Lose the network, without a goodbye."""
        if self.socket is not None:
            self.socket.abort()

    def persist(self, step: Callable[[], None]) -> None:
        """Try a step until it works. Raises Disappointed when that takes too long."""
        until_s = time.monotonic() + TRYING_S_MAX
        for tries in range(1_000):
            try:
                step()
            except LOST as error:
                self.leave()
                if time.monotonic() > until_s or self.show.is_closed:
                    raise Disappointed(f"{type(error).__name__}: {error}") from error
                time.sleep(backoff_s(self.dice, tries))
            else:
                return

    # Hearing and asking.

    def follow(self, is_done: Callable[[], bool], for_s: float) -> bool:
        """Watch until `is_done` or the time is over, coming back after every drop."""
        until_s = time.monotonic() + for_s
        while True:
            try:
                if self.socket is None:
                    self.join()
                assert self.socket is not None
                self.waiting_since_ms = self.clock.now_ms()
                return self.socket.follow(is_done, until_s - time.monotonic())
            except LOST as error:
                self.note("connection", error)
                self.rejoin()
            if time.monotonic() >= until_s:
                return is_done()

    def watch(self, for_s: float) -> None:
        self.follow(lambda: False, for_s)

    def stay(self) -> None:
        """Until the show is closed: what those who want nothing hear is load as well."""
        while not self.show.is_closed:
            self.watch(WATCH_SLICE_S)

    def ask(self, name: str, command: Command) -> Reply | ErrorBody:
        """One answer to a command that may be repeated, whatever happens to the connection."""
        until_s = time.monotonic() + TRYING_S_MAX
        for tries in range(1_000):
            answer = self.ask_once(name, command)
            is_retryable = isinstance(answer, ErrorBody) and answer.code in RETRYABLE
            if answer is not None and not is_retryable:
                return answer
            if time.monotonic() > until_s:
                break
            self.watch(backoff_s(self.dice, tries))
        raise Disappointed(f"no answer to {name}")

    def ask_once(self, name: str, command: Command) -> Reply | ErrorBody | None:
        """None where the connection was lost first; then it is had again."""
        began_s = time.perf_counter()
        try:
            if self.socket is None:
                self.join()
            assert self.socket is not None
            answer = self.socket.ask(command)
        except LOST as error:
            self.fire(name, began_s, failure=error)
            self.rejoin()
            return None
        failure = failure_of(answer)
        self.fire(name, began_s, failure=failure)
        return answer

    # Locust's statistics and ours.

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """An event that fails if it raises."""
        began_s = time.perf_counter()
        try:
            yield
        except BaseException as error:
            self.fire(name, began_s, failure=error)
            raise
        self.fire(name, began_s)

    def fire(self, name: str, began_s: float, failure: BaseException | None = None) -> None:
        taken_ms = (time.perf_counter() - began_s) * 1000
        if failure is None:
            self.show.timeline.took(self.show.t_s, name, taken_ms)
        else:
            self.note(name, failure)
        self.tell_locust(name, taken_ms, failure)

    def note(self, name: str, failure: BaseException) -> None:
        self.show.timeline.failed(self.show.t_s, name, code_of(failure))

    def tell_locust(self, name: str, taken_ms: float, failure: BaseException | None) -> None:
        self.environment.events.request.fire(
            request_type="kaibo",
            name=name,
            response_time=taken_ms,
            response_length=0,
            exception=failure,
            context={},
        )


class Refused(Exception):
    """An answer that counts as an error in the statistics."""

    def __init__(self, error: ErrorBody) -> None:
        super().__init__(f"{error.code}: {error.message}")
        self.code = error.code


def failure_of(answer: Reply | ErrorBody) -> Refused | None:
    """SOLD_OUT and the like are answers as good as any; that the server could not is not."""
    if isinstance(answer, ErrorBody) and answer.code in FAILING:
        return Refused(answer)
    return None


def code_of(failure: BaseException) -> str:
    if isinstance(failure, Refused):
        return failure.code
    if isinstance(failure, ConnectionEnded) and failure.code:
        return str(failure.code)
    return "BadMessage" if isinstance(failure, msgspec.ValidationError) else type(failure).__name__
