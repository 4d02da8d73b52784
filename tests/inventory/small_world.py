"""A small world over the model: a sale of two units, a few reservations, and what may happen next.

Anybody may ask, ask again because the answer was lost, wait, give up, start to pay, pay, pay twice.
Whoever settles a payment may die after the engine has decided and before SQL knows. Time passes;
the sweeper comes, or does not. `World.essence` is what makes two worlds one: names of reservations
that are alike, versions and dates gone by make no difference.
"""

import functools
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any, NamedTuple, Self, TypeVar

from inventory.codes import Outcome
from inventory.hold import LIVE_STATES, OFFER_DURATION_MS, Hold, HoldState, WantedLine, is_due
from inventory.memory_room import MemoryRoom
from inventory.memory_store import MemoryStore
from inventory.store import SaleTerms
from inventory.uuid7 import uuid7
from tests.inventory.promises import Records

T = TypeVar("T")

ROOM, SALE, UNITS, PRICE_CENTS = "room", "tea", 2, 100
START_MS = 1_700_000_000_000
TICK_MS = OFFER_DURATION_MS  # a hold, its extension and an offer all last one tick
LAST_TICK = 2  # the sale ends with it
RETENTION_MS = 86_400_000
TERMS = SaleTerms(
    sale_id=SALE,
    product_id="product",
    price_cents=PRICE_CENTS,
    total_units=UNITS,
    per_buyer_max=2,
    hold_duration_ms=TICK_MS,
)


class Wish(NamedTuple):
    """A reservation that somebody may make. Two wishes of one buyer are two tabs."""

    buyer_id: str
    quantity: int


class Step(NamedTuple):
    """Something that may happen, to the reservation number `wish` if it is about one."""

    name: str
    wish: int = 0
    payment: int = 0  # the first or the second of that reservation


class World:
    """The engine's records, the time, and the payments in SQL: (wish, payment) -> outcome, if SQL
    knows it. `may_pay_twice`: one reservation may; `died`: the one death there is was had."""

    def __init__(self, wishes: Sequence[Wish], *, may_pay_twice: bool) -> None:
        self.wishes = wishes
        self.may_pay_twice = may_pay_twice
        self.room = MemoryRoom()
        self.tick = 0
        self.payments: dict[tuple[int, int], Outcome | None] = {}
        self.died = False

    @classmethod
    def opened(cls, wishes: Sequence[Wish], *, may_pay_twice: bool) -> Self:
        """A world whose sale has just begun."""
        world = cls(wishes, may_pay_twice=may_pay_twice)
        done(world.store().put_sale(ROOM, TERMS))
        done(world.store().start_sale(ROOM, SALE, 0, LAST_TICK * TICK_MS))
        return world

    @property
    def now_ms(self) -> int:
        return START_MS + self.tick * TICK_MS

    def store(self) -> MemoryStore:
        """The engine, on this world's records and time."""
        store = MemoryStore(lambda: self.now_ms, retention_ms=RETENTION_MS, extension_ms=TICK_MS)
        store._rooms[ROOM] = self.room
        return store

    def copy(self) -> "World":
        """Records are values, so new tables are enough."""
        world = World.__new__(World)
        world.__dict__.update(self.__dict__)
        world.room = MemoryRoom.__new__(MemoryRoom)
        for name, table in vars(self.room).items():
            setattr(world.room, name, table if isinstance(table, int) else table.copy())
        world.payments = self.payments.copy()
        return world

    def hold(self, wish: int) -> Hold | None:
        return self.room.holds.get(hold_id(wish))

    def queue(self) -> list[str]:
        """Who has a place on the waitlist, the first first."""
        return [self.room.places[place] for place in sorted(self.room.places)]

    def records(self) -> Records:
        room = self.room
        return Records(
            now_ms=self.now_ms,
            pools=room.pools,
            holds=room.holds,
            bought=room.bought,
            places=room.places,
            unserved=frozenset(room.unserved),
            forgets_before_ms=0,
        )

    def essence(self) -> Any:
        pool, queue = self.room.pools[SALE], self.queue()
        alike: dict[Wish, list[Any]] = {}
        for number, wish in enumerate(self.wishes):
            alike.setdefault(wish, []).append(self.fate(number, queue))
        fates = tuple((wish, tuple(sorted(fates))) for wish, fates in alike.items())
        return self.tick, self.died, pool.available, pool.held, pool.sold, fates

    def fate(self, wish: int, queue: list[str]) -> Any:
        """What became of a reservation so far, as far as it makes a difference."""
        hold = self.hold(wish)
        if hold is None:
            return ()
        left_ms = max(hold.deadline_ms - self.now_ms, 0) if hold.state in LIVE_STATES else -1
        place = queue.index(hold.hold_id) if hold.hold_id in queue else -1
        paid = [str(self.payments.get((wish, number), "-")) for number in (0, 1)]
        is_extended = hold.state is HoldState.HELD and hold.extended
        return (hold.state.value, is_extended, hold.paid_late, left_ms, place, *paid)

    def possible(self) -> Iterator[Step]:
        """All that may happen next; of reservations that are alike, to one of them."""
        queue, numbers = self.queue(), range(len(self.wishes))
        for wish in {
            (self.wishes[each], self.fate(each, queue)): each for each in numbers
        }.values():
            yield Step("reserve", wish)
            if self.hold(wish) is None:
                yield Step("wait", wish)
            else:
                yield Step("cancel", wish)
                yield Step("extend", wish)
                yield from self._payments(wish)
        yield Step("sweep")
        if self.tick <= LAST_TICK:
            yield Step("tick")

    def _payments(self, wish: int) -> Iterator[Step]:
        twice = {wish for wish, payment in self.payments if payment == 1}
        second = (wish, 0) in self.payments and self.may_pay_twice and twice <= {wish}
        for payment in (0, 1) if second else (0,):
            if self.payments.get((wish, payment)) is None:
                yield Step("settle", wish, payment)
                if not self.died:
                    yield Step("settle and die", wish, payment)

    def take(self, step: Step) -> None:
        """Lets it happen, and checks what is promised of the answer."""
        buyer_id, store = self.wishes[step.wish].buyer_id, self.store()
        if step.name in ("reserve", "wait"):
            self._ask(step)
        elif step.name == "cancel":
            done(store.cancel(ROOM, hold_id(step.wish), buyer_id))
        elif step.name == "extend":
            done(store.extend(ROOM, hold_id(step.wish), buyer_id))
        elif step.name == "sweep":
            done(store.expire_due(ROOM))
        elif step.name == "tick":
            self.tick += 1
        else:
            self.settle(step)

    def _ask(self, step: Step) -> None:
        wish, before, or_wait = self.wishes[step.wish], self.hold(step.wish), step.name == "wait"
        wanted = [WantedLine(SALE, wish.quantity)]
        asking = self.store().reserve(
            ROOM, hold_id(step.wish), wish.buyer_id, wanted, or_wait=or_wait
        )
        outcome = done(asking).outcome
        if before is not None:
            assert outcome is Outcome.REPLAYED, "the same id has the same answer"
        if outcome is Outcome.SOLD_OUT:
            assert self.room.pools[SALE].available < wish.quantity
            due = [hold for hold in self.room.holds.values() if is_due(hold, self.now_ms)]
            assert not due, "sold out, though a due hold could be reclaimed"

    def settle(self, step: Step) -> None:
        """As `inventory/payments/settle.py` does; who dies has not written the outcome."""
        hold = self.hold(step.wish)
        assert hold is not None
        paying = self.store().pay(ROOM, hold.hold_id, payment_id(step.payment), hold.amount_cents)
        result = done(paying)
        outcome = result.first_outcome if result.outcome is Outcome.REPLAYED else result.outcome
        has_died = step.name == "settle and die"
        self.payments[step.wish, step.payment] = None if has_died else outcome
        self.died = self.died or has_died


@functools.cache
def hold_id(wish: int) -> str:
    return uuid7(START_MS, bytes([wish] * 10))


def payment_id(payment: int) -> str:
    return f"pay-{payment}"


def done(command: Coroutine[Any, Any, T]) -> T:
    """The answer of a command of the model, which waits for nothing."""
    try:
        command.send(None)
    except StopIteration as answer:
        value: T = answer.value
        return value
    raise AssertionError("the model waits")
