"""The kinds of buyers. A new one is a class with a `weight` and a line in KINDS.

A kind says what becomes of a hold that was had at once (`decide`) or how the button is pressed
(`ask_for`); everything else is Buyer's.
"""

from loadtests.people.buyer import Buyer
from loadtests.people.record import Attempt
from loadtests.people.room_socket import new_id
from server.wire.views import HoldView

LATE_MS = 700  # after the deadline
LATE_WAIT_S_MAX = 25.0  # nobody sits before a page for longer: then it is paid in time


class Payer(Buyer):
    """Buys one and pays."""

    weight = 6


class Greedy(Buyer):
    """Wants more than is allowed, at once, as from several tabs; pays for what was held."""

    weight = 1
    has_heard = False
    more: tuple[str, ...] = ()

    def ask_for(self, reservation_id: str) -> Attempt:
        if self.has_heard:
            return super().ask_for(reservation_id)
        # Asked again with the same ids after a drop: each wants to hear what became of it.
        self.more = self.more or tuple(new_id() for _ in range(self.show.scenario.per_buyer_max))
        heard = self.ask_at_once(reservation_id, *self.more)
        self.has_heard = True
        return heard


class Doubler(Buyer):
    """Presses twice: the same reservation goes out two times before an answer."""

    weight = 1

    def ask_for(self, reservation_id: str) -> Attempt:
        return self.ask_at_once(reservation_id, reservation_id)


class Dropper(Buyer):
    """Loses the network just after pressing; comes back and asks again with the same id."""

    weight = 1
    has_dropped = False

    def ask_for(self, reservation_id: str) -> Attempt:
        if not self.has_dropped:
            self.has_dropped = True
            self.send_reserve(reservation_id)
            self.drop()
            self.rejoin()
        return super().ask_for(reservation_id)


class Canceller(Buyer):
    """Thinks better of it."""

    weight = 1

    def decide(self, hold: HoldView) -> None:
        self.cancel(hold)


class Lapser(Buyer):
    """Lets the timer run out."""

    weight = 1

    def decide(self, hold: HoldView) -> None:
        self.await_told(
            lambda: self.state_of(hold.reservation_id) == "expired",
            f"that {hold.reservation_id} is expired",
            self.show.scenario.hold_s,
        )


class Abandoner(Buyer):
    """Gets one and closes the page for good; the unit comes back by itself."""

    weight = 1

    def decide(self, hold: HoldView) -> None:
        self.record.abandoned.append(hold.reservation_id)
        self.leave()

    def stay(self) -> None:
        """It is gone, if it got one."""
        if not self.record.abandoned:
            super().stay()


class LatePayer(Buyer):
    """Sits on the pay page until the time is over, and pays then. The unit may be gone: every
    outcome is right but silence."""

    weight = 1

    def before_paying(self, hold: HoldView) -> None:
        left_s = (hold.deadline_ms + LATE_MS - self.clock.now_ms()) / 1000
        if 0 < left_s < LATE_WAIT_S_MAX:
            self.watch(left_s)


class DoublePayer(Buyer):
    """Pays on the page twice, and the provider reports each payment three times."""

    weight = 1

    def pay_on(self, pay_url: str, reservation_id: str, form: dict[str, str] | None = None) -> None:
        super().pay_on(pay_url, reservation_id, {"copies": "3"})
        super().pay_on(pay_url, reservation_id, form)


class Waiter(Buyer):
    """Where it is sold out, takes a place on the waitlist instead of hoping."""

    weight = 1
    or_wait = True


KINDS: tuple[type[Buyer], ...] = (
    Payer,
    Greedy,
    Doubler,
    Dropper,
    Canceller,
    Lapser,
    Abandoner,
    LatePayer,
    DoublePayer,
    Waiter,
)
