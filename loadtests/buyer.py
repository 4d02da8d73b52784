"""What every buyer does, as a locust user that comes once and writes down what it is told.

    token -> join -> wait for the opening on the synced clock -> reserve -> settle -> watch

Whoever is refused with SOLD_OUT hopes for a returned unit, asks again with the same id and, if held
after all, pays. What else there is to be is in users.py. Each step is an event of its own in
locust's statistics; if you add one, also add it to STEPS in report.py.
"""

import contextlib
import random
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple

import msgspec
from locust import FastHttpUser, task
from locust.exception import StopUser
from websockets.exceptions import WebSocketException

from loadtests.client import Clock, ProtocolBroken, RoomSocket, new_id
from loadtests.record import HELD, SOLD_OUT, Attempt, BuyerRecord
from loadtests.rush import Rush
from server.wire.bodies import Reply
from server.wire.buying import (
    Cancel,
    HoldReply,
    Pay,
    PayPage,
    Reserve,
    Reserved,
    WantedLineBody,
)
from server.wire.events import ErrorBody, EventBody, HoldEvent, SaleEvent, StockEvent
from server.wire.views import HoldView, SaleView, StockView

REACTION_S_MAX = 0.3  # from seeing a returned unit to pressing the button
THINKING_S_MAX = 1.0  # from the hold to the pay button
TOLD_TIMEOUT_S = 15.0  # how long the news of a payment or an expiry may take
TRIES_MAX = 40  # of one reservation, whatever the answers
RETRY_S = 0.2  # after an answer that says to come back, or none
WATCH_SLICE_S = 0.5
NOT_HELD = "NOT_HELD"
RETRYABLE = {"NOT_STARTED", "PAUSED", "UNAVAILABLE", "RATE_LIMITED", "TOO_MANY_IN_FLIGHT"}
LOST = (WebSocketException, ProtocolBroken, OSError, TimeoutError, EOFError)


class Disappointed(Exception):
    """Something that should have happened did not; the words go into the buyer's record."""


class Sent(NamedTuple):
    """A reserve command that is on its way."""

    attempt: Attempt
    command_id: int
    at_s: float


class Buyer(FastHttpUser):
    """What every kind of buyer does. `rush` is set by `buyers_of`."""

    abstract = True
    rush: ClassVar[Rush]

    @task
    def visit(self) -> None:
        self.record: BuyerRecord = self.rush.new_record(type(self).__name__)
        self.socket: RoomSocket | None = None
        self.sale: SaleView | None = None
        self.stock: StockView | None = None
        self.holds: dict[str, HoldView] = {}
        self.clock = Clock()
        self.waiting_since_ms = 0
        try:
            self.shop()
        except (Disappointed, msgspec.ValidationError, *LOST) as error:
            self.record.failures.append(f"{type(error).__name__}: {error}")
        finally:
            self.rush.settle()
        with contextlib.suppress(*LOST):
            self.watch()
        self.leave()
        raise StopUser

    def shop(self) -> None:
        self.token = self.fetch_token()
        self.join()
        self.record.joined = True
        self.await_opening()
        hold, at_once = self.buy()
        if hold is not None:
            self.settle(hold, at_once)

    def settle(self, hold: HoldView, at_once: bool) -> None:
        """What becomes of the hold; one that was hoped for is paid for."""
        if at_once:
            self.decide(hold)
        else:
            self.pay(hold)

    def decide(self, hold: HoldView) -> None:
        self.pay(hold)

    # Coming in.

    def fetch_token(self) -> str:
        path = f"/v1/rooms/{self.rush.terms.room_id}/tokens"
        answer = self.client.post(path, json={"name": f"buyer {self.record.number}"}, name="token")
        if answer.status_code != HTTPStatus.CREATED:
            raise Disappointed(f"no token: HTTP {answer.status_code}")
        body = answer.json()
        self.record.buyer_id = body["user_id"]
        return str(body["token"])

    def join(self) -> None:
        """Connect, or connect again."""
        assert self.host is not None
        with self.step("join"):
            self.socket = RoomSocket(self.host, self.rush.terms.room_id, self.token, self.hear)
        for sale in self.socket.welcome.sales:
            self.see_sale(sale)
        self.clock = self.socket.sync_clock()
        self.record.clock_error_ms = max(self.record.clock_error_ms, int(self.clock.error_ms) + 1)

    def await_opening(self) -> None:
        """Until the moment the countdown shows zero, on the server's clock."""
        timeout_s = self.rush.terms.join_timeout_s + 10
        if not self.follow(lambda: self.starts_at_ms is not None, timeout_s):
            raise Disappointed("the sale was never announced")
        assert self.starts_at_ms is not None
        left_ms = self.starts_at_ms - self.clock.now_ms()
        self.follow(lambda: False, left_ms / 1000)

    @property
    def starts_at_ms(self) -> int | None:
        return self.sale.starts_at_ms if self.sale else None

    # Hearing.

    def hear(self, body: EventBody, at_ms: int) -> None:
        match body:
            case HoldEvent(hold=hold):
                self.see_hold(hold)
            case SaleEvent(sale=sale):
                self.see_sale(sale)
            case StockEvent(stock=stock) if stock.sale_id == self.rush.terms.sale_id:
                self.see_stock(stock)
                if at_ms >= self.waiting_since_ms:  # else it lay unread, which is no latency
                    self.fire("stock", max(self.clock.now_ms() - at_ms, 0))

    def see_hold(self, hold: HoldView) -> None:
        self.record.told.append(hold)
        self.holds[hold.reservation_id] = hold

    def see_sale(self, sale: SaleView) -> None:
        if sale.sale_id == self.rush.terms.sale_id:
            self.sale = sale
            self.see_stock(
                StockView(
                    sale_id=sale.sale_id,
                    total=sale.total,
                    available=sale.available,
                    held=sale.held,
                    sold=sale.sold,
                    version=sale.version,
                )
            )

    def see_stock(self, stock: StockView) -> None:
        if self.stock is None or stock.version > self.stock.version:
            self.stock = stock

    def follow(self, is_done: Any, for_s: float) -> bool:
        assert self.socket is not None
        self.waiting_since_ms = self.clock.now_ms()
        return self.socket.follow(is_done, for_s)

    # Buying.

    def buy(self) -> tuple[HoldView | None, bool]:
        """A hold, or None; and whether it was had without hoping."""
        reservation_id = new_id()
        hopes_until_s = time.monotonic() + self.rush.terms.patience_s
        at_once = True
        for _ in range(TRIES_MAX):
            attempt = self.reserve(reservation_id)
            if attempt.outcome == HELD:
                return attempt.hold, at_once
            if attempt.outcome == SOLD_OUT:
                at_once = False
                if not self.hope(hopes_until_s - time.monotonic()):
                    return None, at_once
            elif attempt.outcome in RETRYABLE:
                self.follow(lambda: False, RETRY_S)
            else:
                raise Disappointed(f"reserve was refused: {attempt.outcome}")
        return None, at_once

    def hope(self, for_s: float) -> bool:
        """Wait for a unit to come back; False when none will."""

        def is_decided() -> bool:
            return self.stock is not None and (
                self.stock.available > 0 or self.stock.sold == self.stock.total
            )

        while for_s > 0:
            begun_s = time.monotonic()
            self.follow(is_decided, for_s)
            self.follow(lambda: False, random.uniform(0, REACTION_S_MAX))
            if self.stock is None or self.stock.available > 0:
                return True
            if self.stock.sold == self.stock.total:
                return False
            for_s -= time.monotonic() - begun_s
        return False

    def reserve(self, reservation_id: str) -> Attempt:
        """One answer to the reservation, connecting again as often as it takes."""
        for _ in range(TRIES_MAX):
            with contextlib.suppress(*LOST):
                return self.ask_for(reservation_id)
            self.rejoin()
        raise Disappointed("no answer to reserve")

    def rejoin(self) -> None:
        self.leave()
        with contextlib.suppress(*LOST):
            time.sleep(random.uniform(0, RETRY_S))
            self.join()

    def ask_for(self, reservation_id: str) -> Attempt:
        return self.hear_answer(self.send_reserve(reservation_id))

    def ask_at_once(self, *reservation_ids: str) -> Attempt:
        """Send all before hearing any; the first answer that is a hold, or else the first."""
        sent = [self.send_reserve(reservation_id) for reservation_id in reservation_ids]
        attempts = [self.hear_answer(each) for each in sent]
        return next((each for each in attempts if each.outcome == HELD), attempts[0])

    def send_reserve(self, reservation_id: str) -> Sent:
        assert self.socket is not None
        asked_at_ms, at_s = self.clock.now_ms(), time.perf_counter()
        attempt = Attempt(reservation_id=reservation_id, quantity=1, asked_at_ms=asked_at_ms)
        self.record.attempts.append(attempt)
        lines = [WantedLineBody(self.rush.terms.sale_id, attempt.quantity)]
        command = Reserve(reservation_id=reservation_id, lines=lines)
        return Sent(attempt, self.socket.send(command), at_s)

    def hear_answer(self, sent: Sent) -> Attempt:
        assert self.socket is not None
        with self.step("reserve", sent.at_s):
            answer = self.socket.answer(sent.command_id)
        attempt = sent.attempt
        attempt.answered_at_ms = self.clock.now_ms()
        if isinstance(answer, Reserved):
            attempt.outcome, attempt.replayed, attempt.hold = HELD, answer.replayed, answer.hold
        elif isinstance(answer, ErrorBody):
            attempt.outcome, attempt.available = answer.code, answer.available
        return attempt

    # Paying and giving back.

    def pay(self, hold: HoldView) -> None:
        """Through the hosted page, as a browser does, until the server says that it is paid."""
        self.follow(lambda: False, random.uniform(0, THINKING_S_MAX))
        page = self.ask("pay", Pay(reservation_id=hold.reservation_id))
        if isinstance(page, ErrorBody) and page.code == NOT_HELD and self.is_over_time(hold):
            return  # too slow a buyer on too slow a machine: no fault of the server's
        if not isinstance(page, PayPage):
            raise Disappointed(f"pay was refused: {page}")
        with self.step("pay page"):
            self.pay_on(page.pay_url, hold.reservation_id)
        with self.step("paid"):
            self.await_state(hold.reservation_id, "paid")

    def is_over_time(self, hold: HoldView) -> bool:
        """Whether the deadline that this buyer was told may have passed."""
        return self.clock.now_ms() + self.record.clock_error_ms >= hold.deadline_ms

    def pay_on(self, pay_url: str, reservation_id: str) -> None:
        if self.client.get(pay_url, name="GET page").status_code != HTTPStatus.OK:
            raise Disappointed("the pay page did not show")
        answer = self.client.post(f"{pay_url}/pay", name="POST page", allow_redirects=False)
        if answer.status_code != HTTPStatus.SEE_OTHER:
            raise Disappointed(f"the pay page answered HTTP {answer.status_code}")
        self.record.payments.append(reservation_id)

    def cancel(self, hold: HoldView) -> None:
        answer = self.ask("cancel", Cancel(reservation_id=hold.reservation_id))
        if not isinstance(answer, HoldReply):
            raise Disappointed(f"cancel was refused: {answer}")
        self.see_hold(answer.hold)

    def await_state(self, reservation_id: str, state: str, extra_s: float = 0.0) -> None:
        def is_there() -> bool:
            hold = self.holds.get(reservation_id)
            return hold is not None and hold.state == state

        if not self.follow(is_there, TOLD_TIMEOUT_S + extra_s):
            raise Disappointed(f"{reservation_id} was never told to be {state}")

    # Around it all.

    def ask(self, name: str, command: Any) -> Reply | ErrorBody:
        assert self.socket is not None
        with self.step(name):
            return self.socket.ask(command)

    def watch(self) -> None:
        """Stay until everyone is done: what viewers who want nothing hear is load as well."""
        while self.socket is not None and not self.rush.is_over:
            self.follow(lambda: self.rush.is_over, WATCH_SLICE_S)

    def leave(self) -> None:
        if self.socket is not None:
            with contextlib.suppress(*LOST):
                self.socket.close()
        self.socket = None

    @contextlib.contextmanager
    def step(self, name: str, begun_s: float | None = None) -> Iterator[None]:
        """A step of the visit in locust's statistics, failed if it raises."""
        begun_s = time.perf_counter() if begun_s is None else begun_s
        failure: BaseException | None = None
        try:
            yield
        except BaseException as error:
            failure = error
            raise
        finally:
            self.fire(name, (time.perf_counter() - begun_s) * 1000, failure)

    def fire(self, name: str, taken_ms: float, failure: BaseException | None = None) -> None:
        self.environment.events.request.fire(
            request_type="buyer",
            name=name,
            response_time=taken_ms,
            response_length=0,
            exception=failure,
            context={},
        )
