"""What every buyer does, and writes down what it is told.

    token -> join -> wait for the opening on the synced clock -> react -> reserve -> settle -> watch

Whoever is refused with SOLD_OUT hopes for a returned unit, asks again with the same id and, if held
after all, pays. What else there is to be is in buyers.py.
"""

import contextlib
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import ClassVar, NamedTuple

import msgspec

from loadtests.people.ends import is_end
from loadtests.people.human import hesitation_s, reaction_s, thinking_s
from loadtests.people.person import (
    RETRYABLE,
    Disappointed,
    Person,
    failure_of,
)
from loadtests.people.record import HELD, SOLD_OUT, WAITING, Attempt, BuyerRecord
from loadtests.people.room_socket import LOST, ConnectionEnded, RoomSocket, new_id
from loadtests.show import SaleTerms
from server.wire.bodies import Reply
from server.wire.buying import (
    Cancel,
    HoldReply,
    Holds,
    HoldsReply,
    Pay,
    PayPage,
    Reserve,
    Reserved,
    WantedLineBody,
)
from server.wire.events import ErrorBody, EventBody, HoldEvent, SaleEvent, StockEvent
from server.wire.views import HoldView, SaleView, StockView

TOLD_TIMEOUT_S = 25.0  # how long the news of a payment or an expiry may take, faults included
RETRY_S = 0.2  # after an answer that says to come back
TRIES_MAX = 60  # of one reservation, whatever the answers
OPENING_SLACK_S = 60.0  # how much later than planned a sale may open
NOT_HELD = "NOT_HELD"


class Sent(NamedTuple):
    """A reserve command that is on its way."""

    attempt: Attempt
    command_id: int
    at_s: float


class Buyer(Person):
    """What every kind of buyer does."""

    abstract = True
    wanted = frozenset({"hold", "sale", "stock"})
    or_wait: ClassVar[bool] = False  # takes a place on the waitlist rather than hope

    def take_part(self) -> None:
        self.record: BuyerRecord = self.show.new_record(type(self).__name__)
        self.terms: SaleTerms = self.show.sale(self.record.sale_id)
        self.sale: SaleView | None = None
        self.stock: StockView | None = None
        self.holds: dict[str, HoldView] = {}
        try:
            self.shop()
        except (Disappointed, msgspec.ValidationError, *LOST) as error:
            self.record.failures.append(f"{type(error).__name__}: {error}")
        finally:
            self.show.settle()
        with contextlib.suppress(Disappointed, msgspec.ValidationError, *LOST):
            self.stay()

    def shop(self) -> None:
        self.enter(f"buyer {self.record.number}")
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

    def joined(self, socket: RoomSocket) -> None:
        self.record.buyer_id = self.user_id
        error_ms = int(self.clock.error_ms) + 1
        self.record.clock_error_ms = max(self.record.clock_error_ms, error_ms)
        for sale in socket.welcome.sales:
            self.see_sale(sale)
        if self.holds:  # what happened while we were away is told to whoever asks
            answer = socket.ask(Holds())
            if isinstance(answer, HoldsReply):
                for hold in answer.holds:
                    self.see_hold(hold)

    def await_opening(self) -> None:
        """Until the countdown shows zero on the server's clock, and then as people react."""
        timeout_s = self.terms.starts_at_s + OPENING_SLACK_S
        if not self.follow(lambda: self.starts_at_ms is not None, timeout_s):
            raise Disappointed("the sale was never announced")
        assert self.starts_at_ms is not None
        left_s = max(0.0, (self.starts_at_ms - self.clock.now_ms()) / 1000)
        self.watch(left_s + reaction_s(self.dice) + hesitation_s(self.dice))

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
            case StockEvent(stock=stock) if stock.sale_id == self.terms.sale_id:
                self.see_stock(stock)
                if at_ms >= self.waiting_since_ms:  # else it lay unread, which is no latency
                    taken_ms = max(self.clock.now_ms() - at_ms, 0)
                    self.tell_locust("publish_to_receive", taken_ms, None)

    def see_hold(self, hold: HoldView) -> None:
        if hold.reservation_id in self.record.reservation_ids():
            self.record.told.append(hold)
            self.holds[hold.reservation_id] = hold

    def see_sale(self, sale: SaleView) -> None:
        if sale.sale_id == self.terms.sale_id:
            self.sale = sale
            names = StockView.__struct_fields__
            self.see_stock(StockView(**{name: getattr(sale, name) for name in names}))

    def see_stock(self, stock: StockView) -> None:
        if self.stock is None or stock.version > self.stock.version:
            self.stock = stock

    # Buying.

    def buy(self) -> tuple[HoldView | None, bool]:
        """A hold, or None; and whether it was had without hoping."""
        reservation_id = new_id()
        hopes_until_s = time.monotonic() + self.show.scenario.patience_s
        at_once = True
        for _ in range(TRIES_MAX):
            attempt = self.reserve(reservation_id)
            if attempt.outcome == HELD:
                return attempt.hold, at_once
            if attempt.outcome == WAITING:
                return self.await_offer(reservation_id), False
            if attempt.outcome == SOLD_OUT:
                at_once = False
                if not self.hope(hopes_until_s - time.monotonic()):
                    return None, at_once
            elif attempt.outcome in RETRYABLE:
                self.watch(RETRY_S)
            else:
                raise Disappointed(f"reserve was refused: {attempt.outcome}")
        return None, at_once

    def await_offer(self, reservation_id: str) -> HoldView | None:
        """From the waitlist: the hold that was offered; or a cancelled place."""

        def is_decided() -> bool:
            return self.state_of(reservation_id) not in (None, "waiting")

        self.follow(is_decided, self.show.scenario.patience_s)
        hold = self.holds.get(reservation_id)
        if hold is not None and hold.state == "held":
            return hold
        if hold is None or hold.state == "waiting":
            self.ask("cancel", Cancel(reservation_id=reservation_id))
        return None

    def hope(self, for_s: float) -> bool:
        """Wait for a unit to come back; False when none will."""

        def is_decided() -> bool:
            return self.stock is not None and (
                self.stock.available > 0 or self.stock.sold == self.stock.total
            )

        while for_s > 0 and not self.show.is_closed:
            begun_s = time.monotonic()
            self.follow(is_decided, for_s)
            self.watch(reaction_s(self.dice))
            if self.stock is None or self.stock.available > 0:
                return True
            if self.stock.sold == self.stock.total:
                return False
            for_s -= time.monotonic() - begun_s
        return False

    def reserve(self, reservation_id: str) -> Attempt:
        """One answer to the reservation, connecting again as often as it takes."""
        for _ in range(TRIES_MAX):
            try:
                if self.socket is None:
                    self.join()
                return self.ask_for(reservation_id)
            except LOST as error:
                self.note("buy", error)
            self.rejoin()
        raise Disappointed("no answer to reserve")

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
        lines = [WantedLineBody(self.terms.sale_id, attempt.quantity)]
        command = Reserve(reservation_id=reservation_id, lines=lines, or_wait=self.or_wait)
        return Sent(attempt, self.socket.send(command), at_s)

    def hear_answer(self, sent: Sent) -> Attempt:
        assert self.socket is not None
        answer = self.socket.answer(sent.command_id)
        self.fire("buy", sent.at_s, failure=failure_of(answer))
        return self.write_down(sent.attempt, answer)

    def write_down(self, attempt: Attempt, answer: Reply | ErrorBody) -> Attempt:
        attempt.answered_at_ms = self.clock.now_ms()
        if isinstance(answer, Reserved):
            attempt.outcome = WAITING if answer.hold.state == "waiting" else HELD
            attempt.replayed, attempt.hold = answer.replayed, answer.hold
            self.see_hold(answer.hold)
        elif isinstance(answer, ErrorBody):
            attempt.outcome, attempt.available = answer.code, answer.available
        return attempt

    # Paying and giving back.

    def pay(self, hold: HoldView) -> None:
        """Through the hosted page, as a browser does, until the server says that it is paid."""
        self.watch(thinking_s(self.dice))
        began_s = time.perf_counter()
        page = self.page_of(hold)
        if page is None:
            return
        self.before_paying(page.hold)
        self.pay_on(page.pay_url, hold.reservation_id)
        self.fire("pay", began_s)
        self.await_end(page.hold)

    def page_of(self, hold: HoldView) -> PayPage | None:
        """The page to pay on; None for one who came too late, which is no fault of the server's."""
        page = self.ask("pay_page", Pay(reservation_id=hold.reservation_id))
        if isinstance(page, ErrorBody) and page.code == NOT_HELD and self.is_over_time(hold):
            return None
        if not isinstance(page, PayPage):
            raise Disappointed(f"pay was refused: {page}")
        return page

    def before_paying(self, hold: HoldView) -> None:
        """On the page, with the extended deadline in `hold`; most pay at once."""

    def await_end(self, hold: HoldView) -> None:
        """Until the room says what the payment led to; `hold` has the deadline as extended."""

        def is_told() -> bool:
            return is_end(self.holds.get(hold.reservation_id), hold.deadline_ms)

        with self.step("paid"):
            self.await_told(is_told, f"what became of the payment for {hold.reservation_id}")

    def is_over_time(self, hold: HoldView) -> bool:
        """Whether the deadline that this buyer was told may have passed."""
        return self.clock.now_ms() + self.record.clock_error_ms >= hold.deadline_ms

    def pay_on(self, pay_url: str, reservation_id: str, form: dict[str, str] | None = None) -> None:
        """Show the page and press its button, again if the network is lost."""

        def press() -> None:
            shown = self.client.get(pay_url, name="GET pay page")
            if shown.status_code != HTTPStatus.OK:
                raise ConnectionEnded(None, f"the pay page showed HTTP {shown.status_code}")
            answer = self.client.post(
                f"{pay_url}/pay", data=form or {}, name="POST pay page", allow_redirects=False
            )
            if answer.status_code != HTTPStatus.SEE_OTHER:
                raise ConnectionEnded(None, f"the pay page answered HTTP {answer.status_code}")

        self.persist(press)
        self.record.payments.append(reservation_id)

    def cancel(self, hold: HoldView) -> None:
        answer = self.ask("cancel", Cancel(reservation_id=hold.reservation_id))
        if isinstance(answer, ErrorBody) and self.is_over_time(hold):
            return
        if not isinstance(answer, HoldReply):
            raise Disappointed(f"cancel was refused: {answer}")
        self.see_hold(answer.hold)

    def state_of(self, reservation_id: str) -> str | None:
        hold = self.holds.get(reservation_id)
        return hold.state if hold else None

    def await_told(self, is_told: Callable[[], bool], words: str, extra_s: float = 0.0) -> None:
        if not self.follow(is_told, TOLD_TIMEOUT_S + extra_s):
            raise Disappointed(f"was never told {words}")
