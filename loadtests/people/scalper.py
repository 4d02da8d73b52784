"""Scalpers: one account in many tabs, tokens of their own making, ids that belong to others.

What they get by pressing faster is theirs up to the limit, and they pay for it; what they try
beyond that is written down as an intrusion, and the oracle wants each of them refused.
"""

import contextlib
from typing import NamedTuple

from loadtests.people.buyer import Buyer, Sent
from loadtests.people.person import Disappointed
from loadtests.people.record import HELD, Attempt, Intrusion
from loadtests.people.room_socket import LOST, ConnectionEnded, RoomSocket, Turned, new_id
from server.wire.buying import Cancel, Pay, Reserve, WantedLineBody
from server.wire.events import ErrorBody, EventBody

MADE_UP_TOKENS = ("nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1X2hvc3QiLCJyb2xlIjoiaG9zdCJ9.")
TOKEN_CODES = {4500, 4507}


class Tab(NamedTuple):
    """One of an account's sockets, and what it sent."""

    socket: RoomSocket
    sent: Sent


class Scalper(Buyer):
    """Presses in all tabs at once, each with an id of its own."""

    def shop(self) -> None:
        self.enter(f"scalper {self.record.number}")
        self.record.joined = True
        self.try_tokens()
        self.await_opening()
        held = self.press_everywhere()
        self.try_ids_of_others()
        for attempt in held:
            assert attempt.hold is not None
            self.pay(attempt.hold)

    def press_everywhere(self) -> list[Attempt]:
        """Reserve in every tab before any has heard; the attempts that were held."""
        tabs: list[Tab] = []
        cut_off: list[str] = []  # ids that left in a tab which was lost at once
        with contextlib.ExitStack() as stack:
            for _ in range(self.show.scenario.scalper_tabs - 1):
                reservation_id = new_id()
                with contextlib.suppress(*LOST):
                    socket = self.open_tab(self.token)
                    stack.callback(socket.close)
                    cut_off.append(reservation_id)
                    tabs.append(self.press_in(socket, reservation_id))
                    cut_off.pop()
            attempts = [self.reserve(reservation_id) for reservation_id in (new_id(), *cut_off)]
            attempts += [self.answer_of(tab) for tab in tabs]
        return [each for each in attempts if each.outcome == HELD]

    def open_tab(self, token: str) -> RoomSocket:
        assert self.host is not None
        return RoomSocket(self.host, self.show.room_id, token, self.hear_in_tab, frozenset())

    def hear_in_tab(self, body: EventBody, at_ms: int) -> None:
        """The first tab hears the same."""

    def press_in(self, socket: RoomSocket, reservation_id: str) -> Tab:
        main, self.socket = self.socket, socket
        try:
            return Tab(socket, self.send_reserve(reservation_id))
        finally:
            self.socket = main

    def answer_of(self, tab: Tab) -> Attempt:
        """What a tab was told; where it was cut off, what the first tab is told of the same id."""
        attempt = tab.sent.attempt
        with contextlib.suppress(*LOST):
            return self.write_down(attempt, tab.socket.answer(tab.sent.command_id))
        return self.reserve(attempt.reservation_id)

    # What must be refused.

    def try_tokens(self) -> None:
        """Come in with tokens that nobody gave out."""
        for token in MADE_UP_TOKENS:
            with contextlib.suppress(OSError, TimeoutError):
                self.note_intrusion(f"came in with the token {token[:8]}...", self._come_in(token))

    def _come_in(self, token: str) -> tuple[str, bool]:
        try:
            self.open_tab(token).close()
        except Turned as error:
            return str(error), True
        except ConnectionEnded as error:
            return str(error.code), error.code in TOKEN_CODES
        return "welcomed", False

    def try_ids_of_others(self) -> None:
        """Ask for, give back and pay what others hold."""
        others = [
            attempt.reservation_id
            for record in self.show.records
            if record is not self.record and record.sale_id == self.record.sale_id
            for attempt in record.attempts
            if attempt.outcome == HELD
        ]
        if not others:
            return
        stolen = self.dice.choice(others)
        lines = [WantedLineBody(self.terms.sale_id, 1)]
        commands = {
            "asked for": Reserve(reservation_id=stolen, lines=lines),
            "gave back": Cancel(reservation_id=stolen),
            "began to pay": Pay(reservation_id=stolen),
        }
        for words, command in commands.items():
            with contextlib.suppress(Disappointed):
                answer = self.ask("scalp", command)
                refused = isinstance(answer, ErrorBody)
                outcome = answer.code if isinstance(answer, ErrorBody) else "done"
                self.note_intrusion(f"{words} {stolen}, which is another's", (outcome, refused))

    def note_intrusion(self, words: str, found: tuple[str, bool]) -> None:
        outcome, was_refused = found
        self.record.intrusions.append(
            Intrusion(words=words, outcome=outcome, was_refused=was_refused)
        )
