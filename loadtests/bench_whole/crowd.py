"""All who take part on one server: talkers, viewers, buyers; and what they noted."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator

from loadtests.bench_inventory.ids import reservation_ids
from loadtests.bench_whole.dialects import Dialect, Heard, Kind
from loadtests.bench_whole.person import Person, now_ms
from loadtests.bench_whole.plan import Plan
from loadtests.errors import LoadError

ARRIVING_MAX = 50
ARRIVE_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 60.0
RETRY_S = 0.2
POLL_S = 0.05
PER_TALKER_PER_S = 10
TEXT = "how long does one tin of this last, and does it come in the larger size too?"


class Wish:
    """One press of the button: asked with one id until there is an answer."""

    def __init__(self, buyer: int, sale: str, reservation_id: str) -> None:
        self.buyer = buyer
        self.sale = sale
        self.reservation_id = reservation_id
        self.asked_ms = now_ms()
        self.answered_ms: float | None = None
        self.is_held = False
        self.delays = 0  # answers that said: not now


class Listener:
    """A viewer who is read. `heard` says how often each comment came."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.heard: Counter[int] = Counter()
        self.skipped = 0


class Crowd:
    """`token_of` names the n-th person to the server; talkers come first, then the others."""

    def __init__(
        self, port: int, plan: Plan, tokens: list[str], make_words: Callable[[], Dialect]
    ) -> None:
        self._plan = plan
        self._numbers = itertools.count(1)
        self._ids = reservation_ids()
        self._sent_ms: dict[int, float] = {}
        self._open: dict[str, Wish] = {}
        self.latencies_ms: list[float] = []
        self.published: set[int] = set()
        self.wishes: list[Wish] = []
        rest = iter(tokens)

        def people(count: int) -> Iterator[Person]:
            return (Person(port, next(rest), make_words(), None) for _ in range(count))

        self.talkers = list(people(talkers_of(plan)))
        self.viewers = list(people(plan.viewers))
        self.buyers = list(people(plan.buyers))
        step = max(1, plan.viewers // plan.sampled)
        self.listeners = [Listener(person) for person in self.viewers[::step]]
        self._listener_of = {listener.person: listener for listener in self.listeners}
        for listener in self.listeners:
            listener.person.hears = self._hear
        for buyer in self.buyers:
            buyer.is_buyer, buyer.hears = True, self._answered

    @property
    def everybody(self) -> list[Person]:
        return [*self.talkers, *self.viewers, *self.buyers]

    async def arrive(self) -> None:
        """Raises LoadError when they are not all in."""
        gate = asyncio.Semaphore(ARRIVING_MAX)

        async def enter(person: Person) -> None:
            async with gate:
                await person.come()
                await person.is_here.wait()

        try:
            async with asyncio.timeout(ARRIVE_TIMEOUT_S):
                await asyncio.gather(*map(enter, self.everybody))
        except (OSError, TimeoutError) as error:
            raise LoadError(f"not everybody could come in: {error!r}") from error

    def leave(self) -> None:
        for person in self.everybody:
            person.leave()

    async def until_back(self) -> bool:
        """Somebody was cut off, maybe unnoticed as yet. Whether all are connected in time."""

        def are_back() -> bool:
            people = self.everybody
            return any(each.cuts for each in people) and all(
                each.is_here.is_set() for each in people
            )

        try:
            async with asyncio.timeout(ARRIVE_TIMEOUT_S):
                while not are_back():
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            return False
        return True

    # Talking.

    async def talk(self) -> None:
        """So many comments a second, until it is cancelled."""
        begun_ms, said = now_ms(), 0
        while True:
            self._say()
            said += 1
            due_ms = begun_ms + 1e3 * said / self._plan.comments_per_s
            await asyncio.sleep(max(0.0, due_ms - now_ms()) / 1e3)

    def _say(self) -> None:
        number = next(self._numbers)
        first = number % len(self.talkers)
        for talker in (*self.talkers[first:], *self.talkers[:first]):
            self._sent_ms[number] = now_ms()
            if talker.send(talker.words.comment(number, f"{TEXT} {number:06}")):
                return
        del self._sent_ms[number]  # nobody was there to say it

    def _hear(self, person: Person, heard: Heard) -> None:
        listener = self._listener_of[person]
        if heard.kind is Kind.SKIPPED:
            listener.skipped += 1
        if heard.kind is not Kind.COMMENT:
            return
        number = int(heard.about.rsplit(" ", 1)[1])
        listener.heard[number] += 1
        self.published.add(number)
        self.latencies_ms.append(now_ms() - self._sent_ms[number])

    # Buying.

    async def rush(self, sale: str, meanwhile: Callable[[], None] | None = None) -> list[Wish]:
        """Everybody presses at once; returns when all are answered, or have waited too long.
        `meanwhile` is called when a tenth of them are."""
        wishes = [Wish(number, sale, next(self._ids)) for number, _ in enumerate(self.buyers)]
        self.wishes += wishes
        self._open = {wish.reservation_id: wish for wish in wishes}
        random.shuffle(wishes)
        asking = [asyncio.create_task(self._ask(wish)) for wish in wishes]
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                while self._open:
                    if meanwhile and len(self._open) <= 0.9 * len(wishes):
                        meanwhile()
                        meanwhile = None
                    await asyncio.sleep(0.001)
        except TimeoutError:
            pass  # who was not answered is in the record
        finally:
            for task in asking:
                task.cancel()
        return wishes

    async def _ask(self, wish: Wish) -> None:
        """Press, and press again after each new connection and each answer that says so."""
        buyer = self.buyers[wish.buyer]
        wish.asked_ms = now_ms()
        while wish.reservation_id in self._open:
            await buyer.is_here.wait()
            before = buyer.cuts + wish.delays
            frame = buyer.words.buy(next(self._numbers), wish.reservation_id, wish.sale)
            buyer.send(frame)
            while wish.reservation_id in self._open and buyer.cuts + wish.delays == before:
                await asyncio.sleep(RETRY_S)

    def _answered(self, _: Person, heard: Heard) -> None:
        wish = self._open.get(heard.about)
        if wish is None:
            return
        if heard.kind is Kind.AGAIN:
            wish.delays += 1
            return
        del self._open[heard.about]
        wish.answered_ms = now_ms()
        wish.is_held = heard.kind is Kind.HELD


def talkers_of(plan: Plan) -> int:
    return -(-plan.comments_per_s // PER_TALKER_PER_S)
