"""The kinds of buyers. A new one is a class with a `weight` and a line in KINDS.

A kind says what becomes of a hold that was had at once (`decide`) or how the button is pressed
(`ask_for`); everything else is Buyer's.
"""

from locust import User

from loadtests.buyer import Buyer
from loadtests.client import new_id
from loadtests.record import Attempt
from loadtests.rush import Rush
from server.wire.views import HoldView


class Payer(Buyer):
    """Buys one and pays."""

    weight = 5


class Greedy(Buyer):
    """Wants two where one is allowed, at once, as from two tabs; pays for what was held."""

    weight = 1
    has_tried = False

    def ask_for(self, reservation_id: str) -> Attempt:
        if self.has_tried:
            return super().ask_for(reservation_id)
        self.has_tried = True
        return self.ask_at_once(reservation_id, new_id())


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
            assert self.socket is not None
            self.socket.abort()
            raise ConnectionAbortedError("the network was lost, as meant")
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
        self.await_state(hold.reservation_id, "expired", self.rush.terms.hold_duration_s)


KINDS: tuple[type[Buyer], ...] = (Payer, Greedy, Doubler, Dropper, Canceller, Lapser)


def buyers_of(rush: Rush) -> list[type[User]]:
    """The kinds of buyers, come for `rush`: locust makes users itself and hands them nothing."""
    return [type(kind.__name__, (kind,), {"rush": rush, "abstract": False}) for kind in KINDS]
